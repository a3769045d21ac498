using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;

namespace BareBert.Simt;

/// <summary>A field of a struct: where it lies.</summary>
internal readonly record struct FieldLayout(FieldInfo Field, Type Type, int Offset);

/// <summary>How a C# type lies in memory and in registers.</summary>
internal sealed class TypeLayout
{
    private static readonly ConcurrentDictionary<Type, TypeLayout> Cache = new();

    private TypeLayout(Type type)
    {
        Type = type;
        Code = ScalarCode(type);
        if (Code != TypeCode.Empty)
        {
            Size = Alignment = SizeOf(Code);
            Register = RegisterType(Code);
        }
        else if (IsStruct(type))
        {
            LayOutFields();
        }
    }

    public Type Type { get; }

    /// <summary>The number type it is or (an enum, nint) stands for; Empty for structs.</summary>
    public TypeCode Code { get; }

    /// <summary>Bytes.</summary>
    public int Size { get; private set; }

    public int Alignment { get; private set; } = 1;

    /// <summary>The kind of register a number of this type takes. Small integers are held widened to 32 bits.</summary>
    public PtxType Register { get; }

    public FieldLayout[] Fields { get; private set; } = [];

    public bool IsScalar => Code != TypeCode.Empty;

    /// <summary>Whether it is an <c>ArrayView</c>, whose fields are the pointer and the length.</summary>
    public bool IsView => Type.IsGenericType && Type.GetGenericTypeDefinition() == typeof(ArrayView<>);

    /// <summary>The element type of an <c>ArrayView</c>.</summary>
    public Type Element => Type.GetGenericArguments()[0];

    /// <summary>How many registers one 8- or 16-byte access moves, or 1: structs of 2 or 4 equal numbers go as vectors.</summary>
    public int VectorWidth { get; private set; } = 1;

    public static TypeLayout Of(Type type) => Cache.GetOrAdd(type, static t => new TypeLayout(t));

    /// <summary>Whether values of the type are structs that the compiler takes apart.</summary>
    public static bool IsStruct(Type type) => type.IsValueType && !type.IsByRef && ScalarCode(type) == TypeCode.Empty && type != typeof(void);

    public int FieldIndex(FieldInfo field) => Array.FindIndex(Fields, f => f.Field.Name == field.Name && f.Field.FieldType == field.FieldType);

    private static TypeCode ScalarCode(Type type)
    {
        if (type == typeof(nint) || type.IsPointer)
            return TypeCode.Int64;
        if (type == typeof(nuint))
            return TypeCode.UInt64;
        TypeCode code = Type.GetTypeCode(type);
        return type.IsValueType && code is >= TypeCode.Boolean and <= TypeCode.Double ? code : TypeCode.Empty;
    }

    public static int SizeOf(TypeCode code) => code switch
    {
        TypeCode.Boolean or TypeCode.SByte or TypeCode.Byte => 1,
        TypeCode.Char or TypeCode.Int16 or TypeCode.UInt16 => 2,
        TypeCode.Int64 or TypeCode.UInt64 or TypeCode.Double => 8,
        _ => 4,
    };

    public static PtxType RegisterType(TypeCode code) => code switch
    {
        TypeCode.Int64 or TypeCode.UInt64 => PtxType.Int64,
        TypeCode.Single => PtxType.Float32,
        TypeCode.Double => PtxType.Float64,
        _ => PtxType.Int32,
    };

    /// <summary>The type's name in a load or store, as in <c>ld.global.u16</c>.</summary>
    public static string MemorySuffix(TypeCode code) => code switch
    {
        TypeCode.Boolean or TypeCode.Byte => "u8",
        TypeCode.SByte => "s8",
        TypeCode.Char or TypeCode.UInt16 => "u16",
        TypeCode.Int16 => "s16",
        TypeCode.Int64 or TypeCode.UInt64 => "b64",
        TypeCode.Single => "f32",
        TypeCode.Double => "f64",
        _ => "b32",
    };

    /// <summary>C#'s sequential layout: each field at the next multiple of its alignment.</summary>
    private void LayOutFields()
    {
        if (Type.StructLayoutAttribute is { Value: LayoutKind.Explicit })
            throw new NotSupportedException($"{Type.Name} has an explicit layout: its fields may overlap, so they cannot become registers");
        const BindingFlags instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        FieldInfo[] fields = [.. Type.GetFields(instance).OrderBy(field => field.MetadataToken)];
        Fields = new FieldLayout[fields.Length];
        int pack = Type.StructLayoutAttribute is { Pack: > 0 and var p } ? p : int.MaxValue;
        int at = 0;
        for (int i = 0; i < fields.Length; i++)
        {
            bool isBase = IsView && i == 0;
            TypeLayout layout = Of(fields[i].FieldType);
            int alignment = Math.Min(layout.Alignment, pack);
            at = AlignUp(at, alignment);
            Fields[i] = new FieldLayout(fields[i], isBase ? typeof(ulong) : fields[i].FieldType, at);
            at += layout.Size;
            Alignment = Math.Max(Alignment, alignment);
        }
        Size = Math.Max(AlignUp(Math.Max(at, 1), Alignment), Type.StructLayoutAttribute?.Size ?? 0);
        bool uniform = Fields.Length is 2 or 4 && Fields.All(f => f.Type == Fields[0].Type && Of(f.Type).IsScalar);
        if (uniform && Size is 8 or 16 && Of(Fields[0].Type).Size >= 4 && Of(Fields[0].Type).Size * Fields.Length == Size)
            VectorWidth = Fields.Length;
    }

    public static int AlignUp(int value, int alignment) => (value + alignment - 1) / alignment * alignment;
}
