namespace Viaduct.Cli.Doctor;

/// <summary>What --iommu none takes: physical addresses are shown in the kernel's own file.</summary>
internal static class PagemapCheck
{
    private const int EntrySize = 8;

    public static Check Run()
    {
        const string Name = "pagemap";
        try
        {
            using var file = File.OpenRead("/proc/self/pagemap");
            return file.Read(new byte[EntrySize]) == EntrySize
                ? new Check(Name, CheckVerdict.Ok, "programs can find physical addresses (--iommu none)")
                : new Check(Name, CheckVerdict.Warning, "empty: with --iommu none, programs cannot find physical addresses");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Check(
                Name, CheckVerdict.Warning, "not there: with --iommu none, programs cannot find physical addresses",
                "use a kernel with CONFIG_PROC_PAGE_MONITOR");
        }
    }
}
