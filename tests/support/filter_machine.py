"""A machine that runs seccomp's classic BPF, as the kernel documents it, and the calls by name."""

import struct

from sandbox.jail.bpf import ALLOW, KILL_PROCESS

ALLOWED, KILLED = "allowed", "killed"
OPERATIONS = {
    0x15: lambda value, constant: value == constant,
    0x25: lambda value, constant: value > constant,
    0x45: lambda value, constant: bool(value & constant),
}


def verdict(program: bytes, arch: int, number: int, *arguments: int) -> str | int:
    """What the kernel would do with a call: allow it, kill the process, or return an error number."""
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("=IIQ6Q", number & 0xFFFFFFFF, arch, 0, *padded)
    code = list(struct.iter_unpack("=HBBI", program))
    accumulator = counter = 0
    while True:
        operation, yes, no, constant = code[counter]
        counter += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, constant)
        elif operation == 0x54:
            accumulator &= constant
        elif operation == 0x06:
            return ALLOWED if constant == ALLOW else KILLED if constant == KILL_PROCESS else constant & 0xFFFF
        else:
            counter += yes if OPERATIONS[operation](accumulator, constant) else no
