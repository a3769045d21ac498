using System.Runtime.ExceptionServices;

namespace BareBert.Bert.Data;

/// <summary>Work that the processor's cores share; what is thrown for one item comes out as it was thrown.</summary>
internal static class InParallel
{
    /// <summary>Does something for each number below a count.</summary>
    public static void For(int count, Action<int> body)
    {
        try
        {
            Parallel.For(0, count, body);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }

    /// <summary>What a function gives of each item, in their order.</summary>
    public static TResult[] Select<T, TResult>(IReadOnlyList<T> items, Func<T, TResult> function)
    {
        var results = new TResult[items.Count];
        For(results.Length, i => results[i] = function(items[i]));
        return results;
    }
}
