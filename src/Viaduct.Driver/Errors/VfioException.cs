using Viaduct.Abi;

namespace Viaduct.Driver;

/// <summary>
/// A device, the kernel or another back-end refused something. The message says what was tried, the errno, why it
/// happens and how to mend it; the parts are here too.
/// </summary>
public sealed class VfioException : IOException
{
    /// <summary>Puts the message together.</summary>
    /// <param name="errno">The kernel's answer, or the closest to it where no call was made.</param>
    /// <param name="call">The system call or request, such as <c>VFIO_IOMMU_MAP_DMA</c>.</param>
    /// <param name="problem">What could not be done: "cannot open /dev/vfio/12".</param>
    /// <param name="why">Why this errno comes; empty where it is not known.</param>
    /// <param name="help">How to mend it; empty where there is nothing to advise.</param>
    public VfioException(Errno errno, string call, string problem, string why = "", string help = "")
        : base(Format(errno, call, problem, why, help))
    {
        Errno = errno;
        Call = call;
        Why = why;
        Help = help;
    }

    /// <summary>The kernel's answer.</summary>
    public Errno Errno { get; }

    /// <summary>The system call or request that failed.</summary>
    public string Call { get; }

    /// <summary>Why; may be empty.</summary>
    public string Why { get; }

    /// <summary>How to mend it; may be empty.</summary>
    public string Help { get; }

    private static string Format(Errno errno, string call, string problem, string why, string help)
    {
        var text = $"{problem}: {call}: {errno}";
        text += why.Length > 0 ? $"\n  why: {why}" : "";
        return text + (help.Length > 0 ? $"\n  help: {help}" : "");
    }
}
