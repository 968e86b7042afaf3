"""The half of the sandbox that runs inside: plain standard library, loaded by a bare interpreter before the walls close."""
