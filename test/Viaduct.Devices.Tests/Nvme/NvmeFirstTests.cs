using Viaduct.Devices.Tests.Infrastructure;

namespace Viaduct.Devices.Tests.Nvme;

public sealed class NvmeFirstTests
{
    [Fact]
    public void First_EndToEnd()
    {
        var nvme = new NvmeHost();
        var queue = nvme.Start();
        Assert.Equal(1u, nvme.Status);
        nvme.Host.At(NvmeHost.Data, 4096).Fill(0x5a);
        Assert.Equal(0, queue.Do(NvmeEntry.Write(8, 8, NvmeHost.Data)).Status);
        nvme.Host.At(NvmeHost.Data, 4096).Clear();
        Assert.Equal(0, queue.Do(NvmeEntry.Read(8, 8, NvmeHost.Data)).Status);
        Assert.True(nvme.Host.At(NvmeHost.Data, 4096).IndexOfAnyExcept((byte)0x5a) < 0);
        Assert.Empty(nvme.Host.Mistakes.Mistakes);
    }
}
