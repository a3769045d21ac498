using System.Reflection;

namespace BareBert.Simt;

/// <summary>An address in device memory: base register plus a distance known when compiling.</summary>
/// <param name="Space">Where it points; decides the instructions.</param>
/// <param name="Base">64 bits wide in global memory, 32 in shared and local.</param>
/// <param name="Offset">Bytes.</param>
internal sealed record Pointer(AddressSpace Space, Register Base, long Offset) : Value
{
    public Pointer Plus(long bytes) => this with { Offset = Offset + bytes };
}

/// <summary>A <c>ref</c> to a local variable, an argument or an element of a register array, or to a field inside one.</summary>
internal sealed record PlaceReference(Place Place, int[] Path) : Value
{
    public PlaceReference Field(int index) => new(Place, [.. Path, index]);

    public bool Equals(PlaceReference? other) => other is not null && other.Place == Place && other.Path.AsSpan().SequenceEqual(Path);

    public override int GetHashCode() => HashCode.Combine(Place.Id, Path.Length);
}

/// <summary>Points at element <paramref name="Index"/> of an array that lives in registers.</summary>
internal sealed record RegisterArrayPointer(RegisterArray Array, long Index) : Value;

/// <summary>A struct taken apart into its fields. An <c>ArrayView</c> has two: the pointer and the length.</summary>
internal sealed record Aggregate(Type Type, Value[] Fields) : Value
{
    /// <summary>In the order of <see cref="TypeLayout.Fields"/>. Copied if it is an array of something more special (registers), into
    /// which nothing else could be put.</summary>
    public Value[] Fields { get; } = Fields.GetType() == typeof(Value[]) ? Fields : Array.ConvertAll(Fields, field => field);

    public Aggregate With(int index, Value value)
    {
        var fields = (Value[])Fields.Clone();
        fields[index] = value;
        return new Aggregate(Type, fields);
    }

    public bool Equals(Aggregate? other) =>
        other is not null && other.Type == Type && other.Fields.AsSpan().SequenceEqual(Fields);

    public override int GetHashCode() => HashCode.Combine(Type, Fields.Length > 0 ? Fields[0] : null);
}

/// <summary>Nothing that can be used, and why.</summary>
internal sealed record Unusable(string Reason) : Value;

/// <summary>A reference to an object: only exceptions and strings on their way to a <c>throw</c>.</summary>
internal sealed record HostObject(Type Type) : Value;

/// <summary>A method's address or a metadata token, on its way to the call that uses it.</summary>
internal sealed record Token(MemberInfo Member) : Value;

/// <summary>A variable of one thread: a local, an argument, a temporary, an element of a register array. What it holds is in the
/// compiler's <see cref="State"/>, which differs from one point of the kernel to the next.</summary>
internal sealed class Place(int id, Type type)
{
    public int Id { get; } = id;

    public Type Type { get; } = type;
}

/// <summary>An array from <c>LocalMemory.Allocate</c> all of whose accesses have had constant indices so far.</summary>
internal sealed class RegisterArray(AllocationSite site, Type element, Place[] elements)
{
    public AllocationSite Site { get; } = site;

    public Type Element { get; } = element;

    public Place[] Elements { get; } = elements;
}

/// <summary>A call of an allocating method: the chain of calls that leads to it, and its own offset.</summary>
internal readonly record struct AllocationSite(int Frame, int Offset);
