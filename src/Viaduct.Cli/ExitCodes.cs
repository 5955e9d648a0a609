namespace Viaduct.Cli;

/// <summary>Exit statuses of our own, as env(1) and timeout(1) have them; a program that ran gives its own.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>We failed, or were asked for nonsense.</summary>
    public const int Failed = 125;

    /// <summary>The program was found but cannot be executed.</summary>
    public const int CannotExecute = 126;

    /// <summary>The program was not found.</summary>
    public const int NotFound = 127;

    /// <summary>Added to a signal's number, as shells do.</summary>
    public const int SignalBase = 128;
}
