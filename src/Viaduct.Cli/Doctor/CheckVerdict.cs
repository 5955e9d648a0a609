namespace Viaduct.Cli.Doctor;

/// <summary>How a <see cref="Check"/> stands.</summary>
internal enum CheckVerdict
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Works, but slower or with something missing.</summary>
    Warning,

    /// <summary>'viaduct run' does not work like this.</summary>
    Failed,
}
