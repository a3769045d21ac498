using ILGPU;
using System.Runtime.CompilerServices;

namespace BareBert.Simt;

/// <summary><c>ArrayView</c>: a pointer and a length, of which the compiler knows the address space.</summary>
internal static class ViewIntrinsics
{
    public static void AddTo(Dictionary<(Type, string), Intrinsic> table)
    {
        Type view = typeof(ArrayView<>);
        table[(view, "get_Item")] = (c, m, a) => Element(c, View(c, m, a), a[1]);
        table[(view, "get_Length")] = (c, m, a) => View(c, m, a).Fields[1];
        table[(view, "get_IntLength")] = (c, m, a) => c.Numbers.Convert(View(c, m, a).Fields[1], TypeCode.Int32);
        table[(view, "get_LengthInBytes")] = (c, m, a) => c.Numbers.Binary(BinaryOperation.Multiply, View(c, m, a).Fields[1], Size(m));
        table[(view, "get_IsValid")] = (c, m, a) => c.Numbers.Compare(Comparison.Greater, false, View(c, m, a).Fields[1], Constant.Of(0L));
        table[(view, "get_ElementSize")] = (_, m, _) => Constant.Of(TypeLayout.Of(m.DeclaringType!.GetGenericArguments()[0]).Size);
        table[(view, "SubView")] = SubView;
        table[(view, "Cast")] = (c, m, a) => Cast(c, View(c, m, a), m.ReturnType);
        table[(typeof(Unsafe), "As")] = (_, m, a) => m.GetParameters()[0].ParameterType.IsByRef ? a[0]
            : throw new NotSupportedException("Unsafe.As on an object: kernels have no objects");
        table[(typeof(Unsafe), "AsRef")] = (_, _, a) => a[0];
    }

    /// <summary>The view a member was called on.</summary>
    private static Aggregate View(KernelCompiler compiler, System.Reflection.MethodInfo method, Value[] arguments) =>
        (Aggregate)compiler.LoadFrom(arguments[0], method.DeclaringType!);

    private static Constant Size(System.Reflection.MethodInfo method) =>
        Constant.Of((long)TypeLayout.Of(method.DeclaringType!.GetGenericArguments()[0]).Size);

    /// <summary>A reference to one element; <see cref="Index1D"/> counts as the number it holds.</summary>
    private static Value Element(KernelCompiler compiler, Aggregate view, Value position)
    {
        Scalar index = compiler.Numbers.ToScalar(position is Aggregate wrapped ? wrapped.Fields[0] : position);
        Type element = TypeLayout.Of(view.Type).Element;
        return view.Fields[0] switch
        {
            Pointer pointer => compiler.Memory.Element(pointer, index, TypeLayout.Of(element).Size),
            RegisterArrayPointer array => compiler.ArrayElement(array, index),
            Unusable unusable => throw new NotSupportedException(unusable.Reason),
            _ => throw new NotSupportedException("an element of a view that has no memory"),
        };
    }

    private static Aggregate SubView(KernelCompiler compiler, System.Reflection.MethodInfo method, Value[] arguments)
    {
        Aggregate view = View(compiler, method, arguments);
        Scalar start = compiler.Numbers.ToScalar(arguments[1]);
        Value length = arguments.Length > 2
            ? compiler.Numbers.Convert(arguments[2], TypeCode.Int64)
            : compiler.Numbers.Binary(BinaryOperation.Subtract, view.Fields[1], start);
        Value pointer = view.Fields[0] switch
        {
            Pointer inMemory => compiler.Memory.Element(inMemory, start, TypeLayout.Of(TypeLayout.Of(view.Type).Element).Size),
            RegisterArrayPointer array when start is Constant constant => array with { Index = array.Index + constant.Bits },
            RegisterArrayPointer array => throw compiler.Demote(array.Array, "its SubView starts at an index that is not a constant"),
            var other => other,
        };
        return new Aggregate(view.Type, [pointer, length]);
    }

    private static Aggregate Cast(KernelCompiler compiler, Aggregate view, Type to)
    {
        (int from, int size) = (TypeLayout.Of(TypeLayout.Of(view.Type).Element).Size, TypeLayout.Of(TypeLayout.Of(to).Element).Size);
        if (view.Fields[0] is RegisterArrayPointer array && TypeLayout.Of(to).Element != TypeLayout.Of(view.Type).Element)
            throw compiler.Demote(array.Array, "it is cast to another element type");
        Value length = view.Fields[1];
        if (from != size)
            length = compiler.Numbers.Binary(BinaryOperation.DivideUnsigned,
                compiler.Numbers.Binary(BinaryOperation.Multiply, length, Constant.Of((long)from)), Constant.Of((long)size));
        return new Aggregate(to, [view.Fields[0], length]);
    }
}
