namespace Viaduct.Linux;

/// <summary>The pages that memory is made of; the value is the logarithm that memfd_create(2) wants.</summary>
public enum HugePageSize
{
    /// <summary>The system's ordinary pages.</summary>
    None = 0,

    /// <summary>2 MiB pages (vm.nr_hugepages must provide them).</summary>
    TwoMebibytes = 21,

    /// <summary>1 GiB pages (hugepagesz=1G hugepages=N on the kernel's command line).</summary>
    OneGibibyte = 30,
}
