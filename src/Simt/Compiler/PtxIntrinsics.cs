using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using ILGPU.IR.Types;
using ILGPU.IR.Values;
using Registers = ILGPU.Backends.RegisterAllocator<ILGPU.Backends.PTX.PTXRegisterKind>;

namespace BareBert.Simt;

/// <summary>Has ILGPU write the text of a <see cref="PtxAttribute"/> for each call of a method that carries one.</summary>
internal static partial class PtxIntrinsics
{
    private static readonly MethodInfo Generator = typeof(PtxIntrinsics).GetMethod(nameof(Generate))!;

    // Of this assembly and of those that bring methods of their own.
    private static MethodInfo[] MethodsOf(Assembly assembly) => [.. assembly.GetTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
        .Where(method => method.IsDefined(typeof(PtxAttribute)))];

    private static readonly MethodInfo[] Own = MethodsOf(typeof(PtxIntrinsics).Assembly);

    /// <summary>Tells a context of all methods here, and of those in the assembly of a kernel.</summary>
    public static void Register(Context.Builder builder, Assembly kernels)
    {
        IntrinsicImplementationManager manager = builder.GetIntrinsicManager();
        foreach (MethodInfo method in kernels == typeof(PtxIntrinsics).Assembly ? Own : [.. Own, .. MethodsOf(kernels)])
            manager.RegisterMethod(method, new PTXIntrinsic(Generator, IntrinsicImplementationMode.GenerateCode));
    }

    /// <summary>Called by ILGPU for each call.</summary>
    public static void Generate(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        var call = (MethodCall)value;
        var source = (MethodInfo)call.Target.Source;
        ParameterInfo[] parameters = source.GetParameters();
        var inputs = new List<string>();
        for (int i = 0; i < call.Nodes.Length; i++)
        {
            Value argument = call.Nodes[i];
            if (argument.Type is PointerType pointer)
                inputs.Add(Address(generator, argument, pointer.AddressSpace, parameters[i]));
            else
                AddNames(generator, generator.Load(argument), inputs);
        }
        var operands = new List<string>();
        if (!call.Type.IsVoidType)
            AddNames(generator, generator.Allocate(call), operands);
        operands.AddRange(inputs);
        string text = Operand().Replace(source.GetCustomAttribute<PtxAttribute>()!.Template,
            match => operands[int.Parse(match.ValueSpan[1..], CultureInfo.InvariantCulture)]);
        generator.Builder.Append('\t').AppendLine(text);
    }

    // An address in the space that the instruction wants: the inference of address spaces may or may not have got there.
    private static string Address(PTXCodeGenerator generator, Value argument, MemoryAddressSpace space, ParameterInfo parameter)
    {
        MemoryAddressSpace wanted = parameter.IsDefined(typeof(SharedAttribute)) ? MemoryAddressSpace.Shared
            : parameter.IsDefined(typeof(GlobalAttribute)) ? MemoryAddressSpace.Global
            : throw new NotSupportedException($"{parameter.Member.Name}: {parameter.Name} is an address, and neither [Shared] nor [Global] says where");
        string register = Name(generator.LoadHardware(argument));
        if (space == wanted)
            return register;
        if (space != MemoryAddressSpace.Generic)
            throw new NotSupportedException($"{parameter.Member.Name}: {parameter.Name} is in {space} memory; it must be in {wanted} memory");
        string converted = Name(generator.AllocatePlatformRegister(out _));
        generator.Builder.AppendLine($"\tcvta.to.{wanted.ToString().ToLowerInvariant()}.u64 {converted}, {register};");
        return converted;
    }

    private static void AddNames(PTXCodeGenerator generator, Registers.Register register, List<string> names)
    {
        if (register is Registers.CompoundRegister compound)
        {
            foreach (Registers.Register child in compound.Children)
                AddNames(generator, child, names);
        }
        else
        {
            names.Add(Name(generator.EnsureHardwareRegister((Registers.PrimitiveRegister)register)));
        }
    }

    private static string Name(Registers.HardwareRegister register) => "%" + PTXRegisterAllocator.GetStringRepresentation(register);

    [GeneratedRegex(@"\$\d+")]
    private static partial Regex Operand();
}
