namespace NvmeDisk;

/// <summary>What the program ends with.</summary>
internal static class ExitCode
{
    internal const int Success = 0;

    /// <summary>The device refused, did not answer, or gave back other data than it was given.</summary>
    internal const int Failure = 1;

    /// <summary>The command line cannot be understood.</summary>
    internal const int Usage = 2;
}
