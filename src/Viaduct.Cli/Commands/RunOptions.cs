using System.CommandLine;
using Viaduct.Cli.Machine;

namespace Viaduct.Cli.Commands;

/// <summary>The options of <c>viaduct run</c>, beside its devices.</summary>
internal sealed class RunOptions
{
    private const string Report = "report";
    private const string Enforce = "enforce";
    private const string On = "on";
    private const string Off = "off";

    private readonly Option<string> _iommu = new("--iommu")
    {
        Description = "What is between devices and memory. type1: an IOMMU, for containers and iommufds. spapr: a POWER machine's DMA windows and "
            + "TCE tables, for sPAPR containers of both versions. Its keys, behind commas: platform=pseries (a partition, usual) or powernv (bare "
            + "metal); page=4k (usual) or 64k, the kernel's page, of which what is registered must be a multiple; ddw=off for a partition without "
            + "dynamic windows; kvm=host for the host's /dev/kvm, with TCE tables of ours, in place of one of a POWER machine, which has no "
            + "processors. "
            + "none: nothing, as with enable_unsafe_noiommu_mode=1: devices use physical addresses, which a program finds in "
            + "/proc/self/pagemap, and nothing protects its memory from them. A device's key iommu= says it for that device.",
        HelpName = $"{IommuKinds.Type1}|{IommuKinds.Spapr}[,key=value]|{IommuKinds.None}",
        DefaultValueFactory = _ => IommuKinds.Type1,
    };

    private readonly Option<string> _capabilities = Choice(
        "--capabilities",
        "What it takes to use devices without an IOMMU. report: nothing, and the summary says what a real host needs. "
            + "enforce: CAP_SYS_RAWIO, and CAP_SYS_ADMIN to see physical addresses, as in the kernel.",
        Report,
        Enforce);

    private readonly Option<string> _memlock = Choice(
        "--memlock",
        "What RLIMIT_MEMLOCK does. report: DMA mappings may exceed the program's limit, and the summary says what a "
            + "real host needs. enforce: they fail with ENOMEM, as in the kernel.",
        Report,
        Enforce);

    private readonly Option<string> _remapping = Choice(
        "--interrupt-remapping",
        "off: an IOMMU that cannot keep devices from forging interrupts. SET_IOMMU and binding to an iommufd are then "
            + "EPERM, unless --allow-unsafe-interrupts, and a device can have one MSI vector (MSI-X as many as it has).",
        On,
        Off);

    private readonly Option<bool> _unsafeInterrupts = new("--allow-unsafe-interrupts")
    {
        Description = "As the modules' parameter allow_unsafe_interrupts=1.",
    };

    private readonly Option<string> _dirtyTracking = Choice(
        "--dirty-tracking",
        "on: an IOMMU whose page tables remember which pages devices wrote, for programs that migrate or snapshot: "
            + "IOMMU_HWPT_ALLOC_DIRTY_TRACKING works, and IOMMU_GET_HW_INFO says so. Only iommufd has it, no container.",
        Off,
        On);

    private readonly Option<bool> _sriov = new("--enable-sriov")
    {
        Description = "As vfio-pci's parameter enable_sriov=1: a number written to sriov_numvfs in sysfs makes virtual functions of a device "
            + "that has some, such as ioat,vfs=4.",
    };

    /// <summary>Adds them to the command, in the order in which its help shows them.</summary>
    public void AddTo(Command command)
    {
        _iommu.Validators.Add(result =>
        {
            if (!IommuSpec.TryParse(result.GetValueOrDefault<string>() ?? "", out _, out var error))
            {
                result.AddError(error!);
            }
        });
        foreach (var option in new Option[]
        {
            _iommu, _capabilities, _memlock, _remapping, _unsafeInterrupts, _dirtyTracking, _sriov,
        })
        {
            command.Add(option);
        }
    }

    /// <summary>The machine as a whole.</summary>
    public MachineOptions Machine(ParseResult result) => new()
    {
        InterruptRemapping = result.GetValue(_remapping) != Off,
        AllowUnsafeInterrupts = result.GetValue(_unsafeInterrupts),
        Iommu = IommuSpec.TryParse(result.GetValue(_iommu) ?? "", out var spec, out _) ? spec : new IommuSpec(IommuKind.Type1),
        DirtyTracking = result.GetValue(_dirtyTracking) == On,
        EnableSriov = result.GetValue(_sriov),
    };

    /// <summary>What the program may.</summary>
    public RunLimits Limits(ParseResult result)
        => new(result.GetValue(_memlock) == Enforce, result.GetValue(_capabilities) == Enforce);

    /// <summary>An option with one of two values, the first by default.</summary>
    private static Option<string> Choice(string name, string description, string usual, string other)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            HelpName = $"{usual}|{other}",
            DefaultValueFactory = _ => usual,
        };
        option.AcceptOnlyFromAmong(usual, other);
        return option;
    }
}
