using BareBert;
using Xunit;

namespace BareBert.Tests;

/// <summary>Bad input must be refused in one line, and in no other way.</summary>
public static class Refusals
{
    /// <summary>The message of the refusal, which must be one line and contain the parts.</summary>
    public static string Of(Action action, params string[] parts) => OneLine(Assert.Throws<InputException>(action), parts);

    /// <summary>The message of a failure while running, which must be one line and contain the parts.</summary>
    public static string OfRun(Action action, params string[] parts) => OneLine(Assert.Throws<RunException>(action), parts);

    /// <summary>Whether the action succeeds or refuses in one line; anything else it throws passes through.</summary>
    public static bool SucceedsOrRefuses(Action action)
    {
        try
        {
            action();
        }
        catch (InputException e)
        {
            OneLine(e);
        }
        return true;
    }

    private static string OneLine(Exception e, params string[] parts)
    {
        Assert.NotEmpty(e.Message);
        Assert.DoesNotContain('\n', e.Message);
        Assert.DoesNotContain('\r', e.Message);
        foreach (string part in parts)
            Assert.Contains(part, e.Message);
        return e.Message;
    }
}
