using System.Reflection;

namespace BareBert.Simt;

/// <summary>Compiles one kernel by running its IL on what is known about each value: numbers that are known are computed, the
/// others get registers and instructions. Calls are followed as they come, so nothing is left to call.</summary>
/// <remarks>
/// <para>Blocks of a method are visited in reverse postorder, so that all forward edges into a block are known when its turn comes.
/// Where edges meet, variables that differ get a register (SSA's phi, written as moves on the edges).</para>
/// <para>Loops are first tried unrolled (<see cref="TryUnroll"/>): if each round's test can be decided while compiling, no
/// loop is left. If not, what was emitted is thrown away, and the loop is compiled as one (<see cref="CompileDynamicLoop"/>).</para>
/// </remarks>
internal sealed partial class KernelCompiler
{
    private const int MaxDepth = 64;

    private readonly MethodInfo kernel;
    private readonly CompilerOptions options;
    private readonly Emitter emitter;
    private readonly Arithmetic arithmetic;
    private readonly Numbers numbers;
    private readonly Memory memory;
    private readonly Joiner joiner;
    private readonly List<Place> places = [];
    private readonly Dictionary<(int Frame, string Kind, int Index), Place> placeByKey = [];
    private readonly Dictionary<(int Caller, int Offset, MethodBase Method), int> frameIds = [];
    private readonly Dictionary<AllocationSite, string> demoted;
    private readonly Dictionary<AllocationSite, Value> allocations = [];

    private State state = new();
    private List<Value> stack = [];

    private KernelCompiler(MethodInfo kernel, CompilerOptions options, Dictionary<AllocationSite, string> demoted)
    {
        (this.kernel, this.options, this.demoted) = (kernel, options, demoted);
        emitter = new Emitter(new PtxFunction(EntryName(kernel)));
        arithmetic = new Arithmetic(emitter, options.ContractMultiplyAdd);
        numbers = new Numbers(emitter, arithmetic);
        memory = new Memory(emitter, numbers, arithmetic);
        joiner = new Joiner(emitter, numbers, memory, places);
    }

    /// <summary>The kernel as PTX blocks, dead code removed.</summary>
    public static (PtxFunction Function, IReadOnlyCollection<string> LocalArrays) Compile(MethodInfo kernel, CompilerOptions options)
    {
        // An array is taken for registers until an index shows up that is not known: then all starts over with it in memory.
        var demoted = new Dictionary<AllocationSite, string>();
        while (true)
        {
            try
            {
                var compiler = new KernelCompiler(kernel, options, demoted);
                compiler.CompileKernel();
                DeadCode.Remove(compiler.emitter.Function);
                return (compiler.emitter.Function, demoted.Values);
            }
            catch (DemotionException demotion)
            {
                demoted.Add(demotion.Site, demotion.Message);
            }
        }
    }

    private static string EntryName(MethodInfo kernel)
    {
        string name = $"{kernel.DeclaringType?.Name}_{kernel.Name}";
        return string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
    }

    private void CompileKernel()
    {
        if (!kernel.IsStatic || kernel.ReturnType != typeof(void) || kernel.ContainsGenericParameters)
            throw new SimtCompileException(kernel, 0, "a kernel is a static method that returns void and whose generic arguments are given");
        Value[] arguments = [.. kernel.GetParameters().Select(p => KernelParameter(p.ParameterType))];
        Frame frame = Enter(null, 0, kernel, arguments);
        CompileFrame(frame);
        foreach (PendingEdge edge in frame.Returns)
            edge.From.Terminator = new Return();
    }

    /// <summary>Kernel parameters are numbers; structs and views are passed field by field.</summary>
    private Value KernelParameter(Type type)
    {
        TypeLayout layout = TypeLayout.Of(type);
        if (layout.IsView)
            return new Aggregate(type, [
                new Pointer(AddressSpace.Global, LoadParameter(PtxType.Int64), 0),
                LoadParameter(PtxType.Int64)]);
        if (layout.IsScalar)
            return LoadParameter(layout.Register);
        if (TypeLayout.IsStruct(type))
            return new Aggregate(type, [.. layout.Fields.Select(field => KernelParameter(field.Type))]);
        throw new SimtCompileException(kernel, 0, $"a parameter of type {type.Name}: kernels take numbers, views and structs of these");
    }

    private Register LoadParameter(PtxType type)
    {
        string name = emitter.Function.ParameterName(emitter.Function.Parameters.Count);
        emitter.Function.Parameters.Add(type);
        return emitter.Once(type, $"ld.param.{type.Suffix()} $0, [{name}]");
    }

    /// <summary>A frame for a call of <paramref name="method"/> from the current instruction of <paramref name="caller"/>.</summary>
    private Frame Enter(Frame? caller, int offset, MethodBase method, Value[] arguments)
    {
        if (caller?.Depth > MaxDepth)
            throw new NotSupportedException($"calls nested deeper than {MaxDepth}: recursion cannot be inlined");
        var key = (caller?.Id ?? -1, offset, method);
        if (!frameIds.TryGetValue(key, out int id))
            frameIds[key] = id = frameIds.Count;

        MethodCode code = options.Codes.GetOrAdd(method, static m => new MethodCode(m));
        List<Type> types = [.. method.GetParameters().Select(p => p.ParameterType)];
        if (!method.IsStatic)
            types.Insert(0, method.DeclaringType!.MakeByRefType());
        Place[] argumentPlaces = [.. types.Select((type, i) => PlaceFor(id, "argument", i, type))];
        Place[] locals = [.. code.Locals.Select((type, i) => PlaceFor(id, "local", i, type))];
        for (int i = 0; i < arguments.Length; i++)
            state[argumentPlaces[i].Id] = numbers.Coerce(arguments[i], types[i]);
        foreach (Place local in locals)
            state[local.Id] = Default(local.Type);
        return new Frame(caller, id, code, argumentPlaces, locals);
    }

    /// <summary>Forgets the frame's variables, so that they make no difference where control meets.</summary>
    private void Leave(Frame frame)
    {
        foreach (Place place in frame.Arguments.Concat(frame.Locals).Concat(frame.Temporaries))
            state[place.Id] = null;
    }

    private Place PlaceFor(int frame, string kind, int index, Type type)
    {
        if (!placeByKey.TryGetValue((frame, kind, index), out Place? place))
        {
            place = new Place(places.Count, type);
            places.Add(place);
            placeByKey.Add((frame, kind, index), place);
        }
        return place;
    }

    /// <summary>What a variable holds before anything was written to it: zeros.</summary>
    private Value Default(Type type)
    {
        if (type.IsByRef || !type.IsValueType)
            return new Unusable(Joiner.Undefined);
        TypeLayout layout = TypeLayout.Of(type);
        if (layout.IsScalar)
            return Constant.Zero(layout.Register);
        if (layout.IsView)
            return new Aggregate(type, [new Unusable(Joiner.Undefined), Constant.Of(0L)]);
        return new Aggregate(type, [.. layout.Fields.Select(field => Default(field.Type))]);
    }

    /// <summary>Thrown to start over with an array in local memory.</summary>
    private sealed class DemotionException(AllocationSite site, string message) : Exception(message)
    {
        public AllocationSite Site { get; } = site;
    }
}
