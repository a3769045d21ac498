using ILGPU;

namespace BareBert.Simt;

internal sealed partial class KernelCompiler
{
    internal Emitter Emitter => emitter;

    internal Numbers Numbers => numbers;

    internal Arithmetic Arithmetic => arithmetic;

    internal Memory Memory => memory;

    /// <summary>The frame whose instruction is being compiled.</summary>
    private Frame? current;

    private AllocationSite Site => new(current!.Id, current.Offset);

    /// <summary>A view of <paramref name="count"/> elements of declared memory; the same each time control comes by.</summary>
    internal Aggregate Allocate(AddressSpace space, Type element, long count)
    {
        if (!allocations.TryGetValue(Site, out Value? view))
        {
            string name = $"{Memory.Name(space)}_{allocations.Count}";
            TypeLayout layout = TypeLayout.Of(element);
            emitter.Function.Arrays.Add(new PtxArray(space, name, count * layout.Size, Math.Max(16, layout.Alignment)));
            view = ViewOf(element, new Pointer(space, emitter.Once(PtxType.Int32, $"mov.u32 $0, {name}"), 0), count);
            allocations.Add(Site, view);
        }
        return (Aggregate)view;
    }

    private static Aggregate ViewOf(Type element, Value pointer, long count) =>
        new(typeof(ArrayView<>).MakeGenericType(element), [pointer, Constant.Of(count)]);

    /// <summary>The group's dynamic shared memory. Its length is asked of the hardware.</summary>
    internal Aggregate DynamicShared(Type element)
    {
        emitter.Function.UsesDynamicShared = true;
        Register bytes = emitter.Once(PtxType.Int32, "mov.u32 $0, %dynamic_smem_size");
        Scalar length = numbers.Binary(BinaryOperation.DivideUnsigned, bytes, Constant.Of(TypeLayout.Of(element).Size));
        return new Aggregate(typeof(ArrayView<>).MakeGenericType(element), [
            new Pointer(AddressSpace.Shared, emitter.Once(PtxType.Int32, "mov.u32 $0, dynamic_shared"), 0),
            numbers.Convert(length, TypeCode.Int64, unsigned: true)]);
    }

    /// <summary>An array in registers, unless an earlier attempt found that it is indexed by something unknown.</summary>
    internal Aggregate AllocateLocal(Type element, int count)
    {
        if (demoted.ContainsKey(Site))
            return Allocate(AddressSpace.Local, element, count);
        AllocationSite site = Site;
        Place[] elements = [.. Enumerable.Range(0, count).Select(i => PlaceFor(site.Frame, $"array at {site.Offset}", i, element))];
        foreach (Place place in elements)
            state[place.Id] = new Unusable(Joiner.Undefined);
        return ViewOf(element, new RegisterArrayPointer(new RegisterArray(site, element, elements), 0), count);
    }

    internal PlaceReference ArrayElement(RegisterArrayPointer pointer, Scalar index)
    {
        RegisterArray array = pointer.Array;
        if (index is not Constant constant)
            throw Demote(array, $"its index at {current!.Code.Method.Name}, IL_{current.Offset:x4} is not a constant");
        long at = pointer.Index + constant.Bits;
        if (at < 0 || at >= array.Elements.Length)
            throw new NotSupportedException($"index {at} is outside the local array of {array.Elements.Length}");
        return new PlaceReference(array.Elements[at], []);
    }

    /// <summary>Gives up keeping an array in registers; throw what this returns.</summary>
    internal Exception Demote(RegisterArray array, string reason) =>
        new DemotionException(array.Site, $"an array of {array.Elements.Length} {array.Element.Name} lies in local memory: {reason}");

    /// <summary>The value as a predicate register.</summary>
    internal Condition AsCondition(Value value) => numbers.IsTrue(value) switch
    {
        Condition condition => condition,
        Constant constant => new Condition(emitter.Pure(PtxType.Predicate, "setp.ne.s32 $0, $1, 0", emitter.InRegister(constant)), false),
        _ => throw new NotSupportedException("a condition was expected"),
    };

    /// <summary>The pointer behind a reference argument that must lie in one of <paramref name="spaces"/>.</summary>
    internal static Pointer DevicePointer(Value reference, string what, params AddressSpace[] spaces) =>
        reference is Pointer pointer && spaces.Contains(pointer.Space) ? pointer
            : throw new NotSupportedException($"{what} needs an element of {string.Join(" or ", spaces.Select(Memory.Name))} memory");
}
