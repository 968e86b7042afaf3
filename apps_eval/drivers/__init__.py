"""Driver texts that run beside a program inside the jail, as untrusted as the program itself."""
