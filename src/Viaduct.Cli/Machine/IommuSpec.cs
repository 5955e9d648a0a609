using Viaduct.Iommu.SpaprTce;

namespace Viaduct.Cli.Machine;

/// <summary>What --iommu says: a kind, and for POWER which machine.</summary>
/// <param name="Kind">The IOMMU before devices that do not name one.</param>
internal sealed record IommuSpec(IommuKind Kind)
{
    private const string PlatformKey = "platform";
    private const string PageKey = "page";
    private const string WindowsKey = "ddw";
    private const string KvmKey = "kvm";
    private const string Virtual = "virtual";
    private const string Host = "host";
    private const string On = "on";
    private const string Off = "off";
    private const string PowerNv = "powernv";
    private const string Pseries = "pseries";
    private const string Page64K = "64k";
    private const string Page4K = "4k";

    /// <summary>How it is written.</summary>
    public static string Syntax => $"{IommuKinds.Type1}|{IommuKinds.Spapr}[,{PlatformKey}={Pseries}|{PowerNv}][,{PageKey}={Page4K}|{Page64K}][,{WindowsKey}={On}|{Off}][,{KvmKey}={Virtual}|{Host}]|{IommuKinds.None}";

    /// <summary>Bare metal; otherwise a partition under a hypervisor.</summary>
    public bool IsPowerNv { get; init; }

    /// <summary>The partition's firmware makes DMA windows.</summary>
    public bool HasDynamicWindows { get; init; } = true;

    /// <summary>/dev/kvm is the machine's; otherwise it is the host's, or nobody's.</summary>
    public bool HasKvm { get; init; } = true;

    /// <summary>log2 of the pages of the kernel that is imitated.</summary>
    public int PageShift { get; init; } = 12;

    /// <summary>The POWER machine; null for another.</summary>
    public TcePlatform? CreatePlatform()
        => Kind != IommuKind.Spapr ? null : IsPowerNv ? new PowerNvPlatform(PageShift) : new PseriesPlatform(PageShift, HasDynamicWindows);

    /// <summary>Reads it.</summary>
    public static bool TryParse(string text, out IommuSpec spec, out string? error)
    {
        var parts = text.Split(',');
        spec = new IommuSpec(IommuKind.Type1);
        if (!IommuKinds.TryParse(parts[0], out var kind))
        {
            error = $"--iommu {text}: {IommuKinds.Type1}, {IommuKinds.Spapr} or {IommuKinds.None} is needed.";
            return false;
        }

        spec = new IommuSpec(kind);
        foreach (var part in parts[1..])
        {
            if (kind != IommuKind.Spapr || !TrySet(part, ref spec))
            {
                error = $"--iommu {text}: '{part}' is not known; it is {Syntax}.";
                return false;
            }
        }

        error = null;
        return true;
    }

    private static bool TrySet(string part, ref IommuSpec spec)
    {
        var set = part switch
        {
            $"{PlatformKey}={Pseries}" => spec with { IsPowerNv = false },
            $"{PlatformKey}={PowerNv}" => spec with { IsPowerNv = true },
            $"{PageKey}={Page4K}" => spec with { PageShift = 12 },
            $"{PageKey}={Page64K}" => spec with { PageShift = 16 },
            $"{WindowsKey}={On}" => spec with { HasDynamicWindows = true },
            $"{WindowsKey}={Off}" => spec with { HasDynamicWindows = false },
            $"{KvmKey}={Virtual}" => spec with { HasKvm = true },
            $"{KvmKey}={Host}" => spec with { HasKvm = false },
            _ => null,
        };
        spec = set ?? spec;
        return set is not null;
    }
}
