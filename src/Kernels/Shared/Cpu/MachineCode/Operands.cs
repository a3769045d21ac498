namespace BareBert.Kernels;

/// <summary>A general register of x86-64, by its number in an instruction.</summary>
internal enum Register : byte { Rax = 0, Rcx = 1, Rdx = 2, Rdi = 7, R8 = 8, R9 = 9, R10 = 10, R11 = 11 }

/// <summary>A place in memory: base + index·scale + displacement.</summary>
/// <param name="Base">Neither Rsp nor Rbp, nor their relatives R12 and R13, which are written in another way.</param>
/// <param name="Displacement">Bytes.</param>
/// <param name="Index">Null: none.</param>
/// <param name="Scale">1, 2, 4 or 8.</param>
internal readonly record struct Address(Register Base, int Displacement = 0, Register? Index = null, int Scale = 1);
