namespace Viaduct.Supervisor;

/// <summary>How a run ended.</summary>
public enum RunResultKind
{
    /// <summary>The program ran and ended.</summary>
    Ended,

    /// <summary>The program could not be executed.</summary>
    NotStarted,

    /// <summary>The kernel forbids what supervising takes.</summary>
    NotSupervised,
}
