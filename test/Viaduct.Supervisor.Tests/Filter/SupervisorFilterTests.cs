using Viaduct.Abi;
using Viaduct.Supervisor.Filter;
using Viaduct.Supervisor.Syscalls;
using Viaduct.Supervisor.Tests.Infrastructure;

namespace Viaduct.Supervisor.Tests.Filter;

public sealed class SupervisorFilterTests
{
    private const ulong KVM_RUN = 0xAE80, KVM_IOEVENTFD = 0x4040AE79, TCGETS = 0x5401;

    private readonly BpfProgram _bare = Build([]);
    private readonly BpfProgram _kvm = Build([KvmIoctl.KVM_CREATE_VM, KvmIoctl.KVM_CREATE_DEVICE]);

    [Theory]
    [InlineData(KvmIoctl.KVM_CREATE_VM)]
    [InlineData(KvmIoctl.KVM_CREATE_DEVICE)]
    [InlineData(KvmIoctl.KVM_CREATE_DEVICE | (0xffffffffUL << 32))] // the kernel takes the lower half
    public void Ioctl_RequestOnTheHostsFiles_ComesWhereItIsWanted(ulong request)
    {
        Assert.Equal(FilterBuilder.Notify, Ioctl(_kvm, 3, request));
        Assert.Equal(FilterBuilder.Allow, Ioctl(_bare, 3, request));
    }

    [Theory]
    [InlineData(KVM_RUN)]
    [InlineData(KVM_IOEVENTFD)]
    [InlineData(TCGETS)]
    [InlineData((ulong)KvmIoctl.KVM_SET_USER_MEMORY_REGION)]
    public void Ioctl_OthersOnTheHostsFiles_NeverCome(ulong request)
    {
        Assert.Equal(FilterBuilder.Allow, Ioctl(_kvm, SupervisorFilter.FirstDescriptor - 1, request));
        Assert.Equal(FilterBuilder.Notify, Ioctl(_kvm, SupervisorFilter.FirstDescriptor, request));
    }

    [Fact]
    public void Ioctl_OfVfio_ComesByAnyDescriptor()
    {
        Assert.Equal(FilterBuilder.Notify, Ioctl(_bare, 3, VfioIoctl.VFIO_GET_API_VERSION));
        Assert.Equal(FilterBuilder.Notify, Ioctl(_kvm, 3, VfioIoctl.VFIO_GET_API_VERSION));
    }

    private static BpfProgram Build(uint[] requests) => new(SupervisorFilter.Build(eventFds: false, requests).ToArray());

    private static uint Ioctl(BpfProgram filter, int fd, ulong request)
        => filter.Run(SystemCall.AUDIT_ARCH, SystemCall.Ioctl, (ulong)fd, request);
}
