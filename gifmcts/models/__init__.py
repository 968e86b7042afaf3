"""Language models behind one seam, one file each."""
