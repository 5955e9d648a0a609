using System.Runtime.CompilerServices;
using Viaduct.Abi;

namespace Viaduct.Driver.Suite;

/// <summary>What must be.</summary>
internal static class Expect
{
    internal static void True(bool value, [CallerArgumentExpression(nameof(value))] string what = "")
    {
        if (!value)
        {
            throw new SuiteFailure($"not so: {what}");
        }
    }

    internal static void Equal<T>(T expected, T actual, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new SuiteFailure($"{what} is {actual}, not {expected}");
        }
    }

    internal static T Throws<T>(Action action, [CallerArgumentExpression(nameof(action))] string what = "")
        where T : Exception
    {
        try
        {
            action();
        }
        catch (T seen)
        {
            return seen;
        }

        throw new SuiteFailure($"no {typeof(T).Name} from {what}");
    }

    internal static void Fails(Errno errno, Action action, [CallerArgumentExpression(nameof(action))] string what = "")
    {
        var seen = Throws<VfioException>(action, what);
        if (seen.Errno != errno)
        {
            throw new SuiteFailure($"{what} fails with {seen.Errno}, not {errno}: {seen.Message}");
        }
    }
}
