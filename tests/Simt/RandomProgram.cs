using System.Reflection;
using System.Reflection.Emit;

namespace BareBert.Tests;

/// <summary>A method made up at random: assignments, branches, loops with and without known ends, switches, breaks and early returns
/// over variables of five types, and values left on the stack across branches. It always ends.</summary>
internal sealed class RandomProgram(int seed)
{
    private static readonly Type[] Types = [typeof(int), typeof(uint), typeof(long), typeof(float), typeof(double)];

    private readonly Random random = new(seed);
    private readonly List<LocalBuilder> variables = [];
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
        Statements(3, null);
        Expression(result, 3);
        il.Emit(OpCodes.Ret);
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
        if (type == typeof(float) || type == typeof(double))
        {
            Expression(type, depth - 1);
            il.Emit(random.Next(4) switch { 0 => OpCodes.Add, 1 => OpCodes.Sub, 2 => OpCodes.Mul, _ => OpCodes.Div });
            return;
        }
        int kind = random.Next(9);
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

    private void Leaf(Type type)
    {
        int[] fitting = [.. Enumerable.Range(0, parameters.Length).Where(i => parameters[i] == type)];
        if (fitting.Length > 0 && random.Next(3) == 0)
            il.Emit(OpCodes.Ldarg, (short)fitting[random.Next(fitting.Length)]);
        else if (random.Next(3) == 0)
            Constant(type, random.Next(-100, 1000));
        else
            il.Emit(OpCodes.Ldloc, Variable(type));
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
