using System.Reflection;

namespace BareBert.Simt;

internal sealed partial class KernelCompiler
{
    /// <summary>Reads what <paramref name="reference"/> refers to.</summary>
    internal Value LoadFrom(Value reference, Type type) => reference switch
    {
        Pointer pointer => memory.Load(pointer, type),
        PlaceReference place => Reinterpret(Usable(Read(place)), type, place),
        _ => throw NotAReference(reference),
    };

    /// <summary>Writes to what <paramref name="reference"/> refers to.</summary>
    internal void StoreTo(Value reference, Type type, Value value)
    {
        switch (reference)
        {
            case Pointer pointer:
                memory.Store(pointer, type, value);
                break;
            case PlaceReference place:
                Type placeType = TypeOf(place);
                state[place.Place.Id] = Write(state[place.Place.Id]!, place.Place.Type, place.Path, numbers.Coerce(value, placeType));
                break;
            default:
                throw NotAReference(reference);
        }
    }

    private static NotSupportedException NotAReference(Value value) => new(value is Unusable unusable
        ? unusable.Reason : "a reference to something that is neither device memory nor a variable of the kernel");

    /// <summary>A variable read under another type than its own, as bool and byte or int and uint may be.</summary>
    private Value Reinterpret(Value value, Type type, PlaceReference place)
    {
        TypeLayout wanted = TypeLayout.Of(type), actual = TypeLayout.Of(TypeOf(place));
        if (wanted.IsScalar != actual.IsScalar || wanted.IsScalar && (wanted.Register != actual.Register || wanted.Size != actual.Size))
            throw new NotSupportedException($"a variable of type {actual.Type.Name} is read as {type.Name}; BitConverter or Interop can do that");
        return numbers.Coerce(value, type);
    }

    private static Value Usable(Value value) => value is Unusable unusable ? throw new NotSupportedException(unusable.Reason) : value;

    private Value Read(PlaceReference reference)
    {
        Value value = state[reference.Place.Id]
            ?? throw new NotSupportedException("a reference to a variable of a method that has returned");
        foreach (int field in reference.Path)
        {
            if (value is not Aggregate aggregate)
                return value;
            value = aggregate.Fields[field];
        }
        return value;
    }

    private static Type TypeOf(PlaceReference reference) =>
        reference.Path.Aggregate(reference.Place.Type, (type, field) => TypeLayout.Of(type).Fields[field].Type);

    /// <summary>A copy of <paramref name="whole"/> with the field at <paramref name="path"/> replaced.</summary>
    private static Value Write(Value whole, Type type, ReadOnlySpan<int> path, Value value)
    {
        if (path.IsEmpty)
            return value;
        TypeLayout layout = TypeLayout.Of(type);
        Aggregate aggregate = whole as Aggregate
            ?? new Aggregate(type, [.. layout.Fields.Select(_ => whole)]);
        return aggregate.With(path[0], Write(aggregate.Fields[path[0]], layout.Fields[path[0]].Type, path[1..], value));
    }

    private Value LoadField(Value container, FieldInfo field)
    {
        if (container is not Aggregate aggregate)
            return container is Unusable ? Usable(container) : LoadFrom(FieldReference(container, field), field.FieldType);
        return Usable(aggregate.Fields[TypeLayout.Of(aggregate.Type).FieldIndex(field)]);
    }

    private static Value FieldReference(Value reference, FieldInfo field)
    {
        if (field.DeclaringType is not { IsValueType: true } type)
            throw new NotSupportedException($"the field {field.Name} of class {field.DeclaringType?.Name}: kernels have no objects");
        TypeLayout layout = TypeLayout.Of(type);
        int index = layout.FieldIndex(field);
        return reference switch
        {
            Pointer pointer => pointer.Plus(layout.Fields[index].Offset),
            PlaceReference place => place.Field(index),
            _ => throw NotAReference(reference),
        };
    }
}
