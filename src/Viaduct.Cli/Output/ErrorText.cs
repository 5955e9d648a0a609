namespace Viaduct.Cli.Output;

/// <summary>What a person is told when something cannot be done: what, where or why, and how to fix it.</summary>
internal static class ErrorText
{
    /// <summary>Writes an error in our shape.</summary>
    /// <param name="what">What cannot be done, a sentence.</param>
    /// <param name="details">Lines below it: "why: …", "fix: …".</param>
    public static int Write(string what, params ReadOnlySpan<string> details)
    {
        Console.Error.WriteLine($"viaduct: error: {what}");
        foreach (var line in details)
        {
            Console.Error.WriteLine($"  {line}");
        }

        return ExitCodes.Failed;
    }
}
