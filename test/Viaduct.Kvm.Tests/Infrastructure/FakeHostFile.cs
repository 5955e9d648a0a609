using Viaduct.Vfio.Files;

namespace Viaduct.Kvm.Tests.Infrastructure;

/// <summary>A descriptor of the host's; those of one file are the same file.</summary>
internal sealed class FakeHostFile(FakeHostFile.Description description) : IHostFile
{
    public static FakeHostFile Kvm() => new(new Description("/dev/kvm", new DeviceNumber(10, 232)));

    public static FakeHostFile Vm() => new(new Description("anon_inode:kvm-vm", null));

    public static FakeHostFile Other() => new(new Description("anon_inode:[eventfd]", null));

    public string LinkName => description.LinkName;

    public DeviceNumber? DeviceNumber => description.Number;

    /// <summary>How many remember the file.</summary>
    public int References => description.References;

    public FakeHostFile Duplicate() => new(description);

    public IHostFileReference Remember()
    {
        description.References++;
        return new Reference(description);
    }

    /// <summary>struct file.</summary>
    internal sealed class Description(string linkName, DeviceNumber? number)
    {
        public string LinkName { get; } = linkName;

        public DeviceNumber? Number { get; } = number;

        public int References { get; set; }
    }

    private sealed class Reference(Description description) : IHostFileReference
    {
        public bool IsSame(IHostFile file) => file is FakeHostFile fake && fake.IsOf(description);

        public void OnOpening()
        {
        }

        public void Dispose() => description.References--;
    }

    private bool IsOf(Description other) => description == other;
}
