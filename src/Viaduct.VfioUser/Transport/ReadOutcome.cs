namespace Viaduct.VfioUser.Transport;

/// <summary>How reading a message ended.</summary>
public enum ReadOutcome
{
    /// <summary>There is one.</summary>
    Message,

    /// <summary>The other side has closed the connection.</summary>
    Closed,

    /// <summary>What came is no message, and where the next one begins nobody can tell.</summary>
    Malformed,
}
