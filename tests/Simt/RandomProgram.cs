using System.Numerics;
using System.Reflection;
using System.Reflection.Emit;

namespace BareBert.Tests;

/// <summary>A method made up at random: assignments, branches, loops with and without known ends, switches, breaks and early returns
/// over variables of five types and fields of nested generic structs, small integers in between, exact mathematics, calls by reference, and
/// values left on the stack across branches. It always ends.</summary>
public sealed class RandomProgram(int seed)
{
    private static readonly Type[] Types = [typeof(int), typeof(uint), typeof(long), typeof(float), typeof(double)];

    private readonly Random random = new(seed);
    private readonly List<LocalBuilder> variables = [];
    private LocalBuilder structure = null!;
    private ILGenerator il = null!;
    private Type[] parameters = [];
    private Type result = typeof(int);

    public void Emit(TypeBuilder type)
    {
        parameters = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => AnyType())];
        result = AnyType();
        il = type.DefineMethod($"Program{seed}", MethodAttributes.Public | MethodAttributes.Static, result, parameters).GetILGenerator();
        foreach (Type t in Types)
            for (int i = 0; i < 2; i++)
                variables.Add(il.DeclareLocal(t));
        structure = il.DeclareLocal(typeof(Nested));
        Begin();
        Statements(3, null);
        Expression(result, 3);
        il.Emit(OpCodes.Ret);
    }

    // Nothing begins as a constant: ILGPU folds floats as if they were real numbers, and small integers without cutting them off (MiscompilationTests).
    private void Begin()
    {
        foreach (LocalBuilder variable in variables)
        {
            il.Emit(OpCodes.Ldarg_0);
            Convert(parameters[0], variable.LocalType);
            il.Emit(OpCodes.Stloc, variable);
        }
        foreach (Type type in Types)
        {
            FieldAddress(type, last: 1);
            il.Emit(OpCodes.Ldarg_0);
            Convert(parameters[0], type);
            il.Emit(OpCodes.Stfld, PathTo(type)[^1]);
        }
    }

    private Type AnyType() => Types[random.Next(Types.Length)];

    private LocalBuilder Variable(Type type)
    {
        LocalBuilder[] fitting = [.. variables.Where(v => v.LocalType == type)];
        return fitting[random.Next(fitting.Length)];
    }

    private void Statements(int depth, Label? breakTo)
    {
        for (int n = random.Next(1, 4); n > 0; n--)
            Statement(depth, breakTo);
    }

    private void Statement(int depth, Label? breakTo)
    {
        int kind = depth == 0 ? 0 : random.Next(10);
        switch (kind)
        {
            case <= 3 when random.Next(4) == 0:
                AssignField(AnyType());
                break;
            case <= 3 when random.Next(6) == 0:
                CallByReference();
                break;
            case <= 3:
                LocalBuilder target = Variable(AnyType());
                Expression(target.LocalType, 3);
                il.Emit(OpCodes.Stloc, target);
                break;
            case <= 5:
                If(depth, breakTo);
                break;
            case 6:
                Loop(depth, constant: true);
                break;
            case 7:
                Loop(depth, constant: false);
                break;
            case 8:
                Switch(depth, breakTo);
                break;
            default:
                LeaveSometimes(breakTo);
                break;
        }
    }

    /// <summary>A struct of structs with a field of each type, by the ways there to it.</summary>
    public struct Of<TInner, TOwn>
    {
        public TInner Inner;
        public TOwn Own;
    }

    public struct Nested
    {
        public Of<Of<int, float>, long> Left;
        public Of<uint, double> Right;
    }

    /// <summary>What the programs call: changes both.</summary>
    public static void Mix<T>(ref T a, ref T b) where T : INumber<T> => (a, b) = (b - a, a + b);

    private static FieldInfo[] PathTo(Type type)
    {
        Type left = typeof(Of<Of<int, float>, long>), inner = typeof(Of<int, float>), right = typeof(Of<uint, double>);
        FieldInfo toLeft = typeof(Nested).GetField("Left")!, toInner = left.GetField("Inner")!, toRight = typeof(Nested).GetField("Right")!;
        return type == typeof(int) ? [toLeft, toInner, inner.GetField("Inner")!]
            : type == typeof(float) ? [toLeft, toInner, inner.GetField("Own")!]
            : type == typeof(long) ? [toLeft, left.GetField("Own")!]
            : type == typeof(uint) ? [toRight, right.GetField("Inner")!]
            : [toRight, right.GetField("Own")!];
    }

    private void FieldAddress(Type type, int last)
    {
        il.Emit(OpCodes.Ldloca, structure);
        FieldInfo[] path = PathTo(type);
        foreach (FieldInfo field in path[..^last])
            il.Emit(OpCodes.Ldflda, field);
    }

    private void AssignField(Type type)
    {
        FieldAddress(type, last: 1);
        Expression(type, 3);
        il.Emit(OpCodes.Stfld, PathTo(type)[^1]);
    }

    private void LoadField(Type type)
    {
        FieldInfo[] path = PathTo(type);
        if (random.Next(2) == 0)
        {
            FieldAddress(type, last: 1);
            il.Emit(OpCodes.Ldfld, path[^1]);
            return;
        }
        // The whole struct, and the field out of the copy.
        il.Emit(OpCodes.Ldloc, structure);
        foreach (FieldInfo field in path)
            il.Emit(OpCodes.Ldfld, field);
    }

    private void CallByReference()
    {
        Type type = AnyType();
        LocalBuilder variable = Variable(type);
        il.Emit(OpCodes.Ldloca, variable);
        FieldAddress(type, last: 0);
        il.Emit(OpCodes.Call, typeof(RandomProgram).GetMethod(nameof(Mix))!.MakeGenericMethod(type));
    }

    private void If(int depth, Label? breakTo)
    {
        (Label otherwise, Label end) = (il.DefineLabel(), il.DefineLabel());
        Condition();
        il.Emit(OpCodes.Brfalse, otherwise);
        Statements(depth - 1, breakTo);
        il.Emit(OpCodes.Br, end);
        il.MarkLabel(otherwise);
        if (random.Next(2) == 0)
            Statements(depth - 1, breakTo);
        il.MarkLabel(end);
    }

    /// <summary>Up to a constant, or to something between 0 and 7 that depends on the data.</summary>
    private void Loop(int depth, bool constant)
    {
        (LocalBuilder counter, LocalBuilder limit) = (il.DeclareLocal(typeof(int)), il.DeclareLocal(typeof(int)));
        (Label test, Label body, Label end) = (il.DefineLabel(), il.DefineLabel(), il.DefineLabel());
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Stloc, counter);
        if (constant)
        {
            il.Emit(OpCodes.Ldc_I4, random.Next(1, 5));
        }
        else
        {
            Expression(typeof(int), 2);
            il.Emit(OpCodes.Ldc_I4_7);
            il.Emit(OpCodes.And);
        }
        il.Emit(OpCodes.Stloc, limit);
        il.Emit(OpCodes.Br, test);
        il.MarkLabel(body);
        Statements(depth - 1, end);
        if (random.Next(2) == 0)
        {
            LocalBuilder sum = Variable(typeof(int));
            il.Emit(OpCodes.Ldloc, sum);
            il.Emit(OpCodes.Ldloc, counter);
            il.Emit(OpCodes.Add);
            il.Emit(OpCodes.Stloc, sum);
        }
        il.Emit(OpCodes.Ldloc, counter);
        il.Emit(OpCodes.Ldc_I4_1);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Stloc, counter);
        il.MarkLabel(test);
        il.Emit(OpCodes.Ldloc, counter);
        il.Emit(OpCodes.Ldloc, limit);
        il.Emit(OpCodes.Blt, body);
        il.MarkLabel(end);
    }

    private void Switch(int depth, Label? breakTo)
    {
        Label[] cases = [.. Enumerable.Range(0, random.Next(2, 5)).Select(_ => il.DefineLabel())];
        Label end = il.DefineLabel();
        Expression(typeof(int), 2);
        il.Emit(OpCodes.Ldc_I4_7);
        il.Emit(OpCodes.And);
        il.Emit(OpCodes.Switch, cases);
        Statements(depth - 1, breakTo);
        il.Emit(OpCodes.Br, end);
        foreach (Label label in cases)
        {
            // Without a break, a case falls into the next one.
            il.MarkLabel(label);
            Statements(depth - 1, breakTo);
            if (random.Next(3) > 0)
                il.Emit(OpCodes.Br, end);
        }
        il.MarkLabel(end);
    }

    private void LeaveSometimes(Label? breakTo)
    {
        Label stay = il.DefineLabel();
        Condition();
        il.Emit(OpCodes.Brfalse, stay);
        if (breakTo is { } end && random.Next(2) == 0)
        {
            il.Emit(OpCodes.Br, end);
        }
        else
        {
            Expression(result, 1);
            il.Emit(OpCodes.Ret);
        }
        il.MarkLabel(stay);
    }

    private void Condition()
    {
        Type type = AnyType();
        Expression(type, 2);
        Expression(type, 2);
        bool unsigned = type == typeof(uint);
        il.Emit(random.Next(3) switch
        {
            0 => OpCodes.Ceq,
            1 => unsigned ? OpCodes.Clt_Un : OpCodes.Clt,
            _ => unsigned || random.Next(2) == 0 ? OpCodes.Cgt_Un : OpCodes.Cgt,
        });
    }

    private void Expression(Type type, int depth)
    {
        if (depth == 0 || random.Next(5) == 0)
        {
            Leaf(type);
            return;
        }
        switch (random.Next(6))
        {
            case 0:
                Type from = AnyType();
                Expression(from, depth - 1);
                Convert(from, type);
                break;
            case 1:
                Choose(type, depth);
                break;
            default:
                Operation(type, depth);
                break;
        }
    }

    /// <summary>condition ? a : b, the result on the stack where the ways meet.</summary>
    private void Choose(Type type, int depth)
    {
        (Label otherwise, Label end) = (il.DefineLabel(), il.DefineLabel());
        Leaf(type);
        Condition();
        il.Emit(OpCodes.Brfalse, otherwise);
        Expression(type, depth - 1);
        il.Emit(OpCodes.Br, end);
        il.MarkLabel(otherwise);
        Expression(type, depth - 1);
        il.MarkLabel(end);
        il.Emit(OpCodes.Add);
    }

    private void Operation(Type type, int depth)
    {
        Expression(type, depth - 1);
        if (random.Next(8) == 0)
        {
            Mathematics(type, depth);
            return;
        }
        if (type == typeof(float) || type == typeof(double))
        {
            Expression(type, depth - 1);
            il.Emit(random.Next(4) switch { 0 => OpCodes.Add, 1 => OpCodes.Sub, 2 => OpCodes.Mul, _ => OpCodes.Div });
            return;
        }
        int kind = random.Next(10);
        if (kind == 9)
        {
            // A small integer, and wide again.
            il.Emit(random.Next(4) switch { 0 => OpCodes.Conv_I1, 1 => OpCodes.Conv_U1, 2 => OpCodes.Conv_I2, _ => OpCodes.Conv_U2 });
            if (type == typeof(long))
                il.Emit(OpCodes.Conv_I8);
            return;
        }
        if (kind >= 7)
        {
            il.Emit(OpCodes.Ldc_I4, random.Next(type == typeof(long) ? 64 : 32));
            il.Emit(kind == 7 ? OpCodes.Shl : type == typeof(uint) ? OpCodes.Shr_Un : OpCodes.Shr);
            return;
        }
        if (kind == 6)
        {
            // Division by a constant: it can neither trap nor overflow.
            Constant(type, random.Next(1, 100));
            bool unsigned = type == typeof(uint);
            il.Emit(random.Next(2) == 0 ? unsigned ? OpCodes.Div_Un : OpCodes.Div : unsigned ? OpCodes.Rem_Un : OpCodes.Rem);
            return;
        }
        Expression(type, depth - 1);
        il.Emit(kind switch { 0 => OpCodes.Add, 1 => OpCodes.Sub, 2 => OpCodes.Mul, 3 => OpCodes.And, 4 => OpCodes.Or, _ => OpCodes.Xor });
    }

    /// <summary>Of one number, or of it and another.</summary>
    private void Mathematics(Type type, int depth)
    {
        Type owner = type == typeof(float) ? typeof(MathF) : typeof(Math);
        if ((type == typeof(float) || type == typeof(double)) && random.Next(2) == 0)
        {
            string[] functions = ["Sqrt", "Abs", "Floor", "Ceiling", "Truncate", "Round"];
            il.Emit(OpCodes.Call, owner.GetMethod(functions[random.Next(functions.Length)], [type])!);
            return;
        }
        Expression(type, depth - 1);
        il.Emit(OpCodes.Call, owner.GetMethod(random.Next(2) == 0 ? "Max" : "Min", [type, type])!);
    }

    private void Leaf(Type type)
    {
        if (random.Next(8) == 0)
        {
            LoadField(type);
            return;
        }
        int[] fitting = [.. Enumerable.Range(0, parameters.Length).Where(i => parameters[i] == type)];
        if (fitting.Length > 0 && random.Next(3) == 0)
            il.Emit(OpCodes.Ldarg, (short)fitting[random.Next(fitting.Length)]);
        else if (random.Next(3) == 0)
            OpaqueConstant(type, random.Next(-100, 1000));
        else
            il.Emit(OpCodes.Ldloc, Variable(type));
    }

    // A float that the compiler cannot fold: for the same reason.
    private void OpaqueConstant(Type type, int value)
    {
        Constant(type, value);
        if (type != typeof(float) && type != typeof(double))
            return;
        il.Emit(OpCodes.Dup);
        il.Emit(OpCodes.Call, typeof(Math).GetMethod("Max", [type, type])!);
    }

    private void Constant(Type type, int value)
    {
        if (type == typeof(long))
            il.Emit(OpCodes.Ldc_I8, (long)value);
        else if (type == typeof(float))
            il.Emit(OpCodes.Ldc_R4, value * 0.37f);
        else if (type == typeof(double))
            il.Emit(OpCodes.Ldc_R8, value * 0.37);
        else
            il.Emit(OpCodes.Ldc_I4, value);
    }

    private void Convert(Type from, Type to)
    {
        bool fromUnsigned = from == typeof(uint);
        if (fromUnsigned && (to == typeof(float) || to == typeof(double)))
            il.Emit(OpCodes.Conv_R_Un);
        if (to == typeof(int))
            il.Emit(OpCodes.Conv_I4);
        else if (to == typeof(uint))
            il.Emit(OpCodes.Conv_U4);
        else if (to == typeof(long))
            il.Emit(fromUnsigned ? OpCodes.Conv_U8 : OpCodes.Conv_I8);
        else
            il.Emit(to == typeof(float) ? OpCodes.Conv_R4 : OpCodes.Conv_R8);
    }
}
