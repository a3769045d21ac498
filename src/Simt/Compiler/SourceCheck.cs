using System.Reflection;

namespace BareBert.Simt;

/// <summary>Refuses what ILGPU 1.5.3 compiles to something else than it says, where the IL shows it: the place is a method and an offset in it.</summary>
internal static class SourceCheck
{
    /// <exception cref="SimtCompileException">One of these stands in the method.</exception>
    public static void Check(MethodBase method)
    {
        if (method.GetMethodBody() is not { } body || body.GetILAsByteArray() is not { } il)
            return;
        if (body.LocalVariables.Select(local => local.LocalType).Concat(method.GetParameters().Select(parameter => parameter.ParameterType)).Contains(typeof(char)))
            Refuse(method, 0, "a char: ILGPU keeps 8 of its 16 bits; use ushort");
        var values = new ValueTracker(method);
        foreach (IlInstruction instruction in IlReader.Read(method, il))
        {
            if (instruction.Operand is float.Epsilon or double.Epsilon)
                Refuse(method, instruction.Offset, "the number Epsilon: ILGPU writes condition ? 1 : 0 in the same bits, so that it cannot be told from it");
            if (instruction.OpCode.Name!.Contains(".ovf", StringComparison.Ordinal))
                Refuse(method, instruction.Offset, "checked arithmetic: ILGPU leaves the check out");
            values.Next(instruction);
        }
    }

    /// <summary>A kernel returns nothing; and bools and chars have another size in ILGPU's memory than in .NET's.</summary>
    public static void CheckSignature(MethodInfo kernel)
    {
        if (kernel.ReturnType != typeof(void) || !kernel.IsStatic)
            throw new SimtCompileException(kernel, "a kernel is a static method that returns void");
        foreach (ParameterInfo parameter in kernel.GetParameters())
        {
            Type type = parameter.ParameterType;
            foreach (Type part in (Type[])[type, .. type.GetGenericArguments()])
                if (part == typeof(bool) || part == typeof(char))
                    throw new SimtCompileException(kernel, $"{parameter.Name} is a {type.Name} of {part.Name}, whose size differs between .NET and ILGPU; use byte or ushort");
        }
    }

    public static void Refuse(MethodBase method, int offset, string reason) => throw new SimtCompileException(method, $"IL_{offset:x4}: {reason}");
}
