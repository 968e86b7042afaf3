"""A browser view of runs on this machine: lists, search trees and attempts, read from run folders and never written."""
