using Viaduct.Supervisor.X86;

namespace Viaduct.Supervisor.Tests.X86;

public sealed class XsaveAreaTests
{
    private readonly byte[] _image = new byte[NativeProcessor.ImageBytes];

    [Fact]
    public void ReadVector_ComponentInInitialState_IsZero()
    {
        _image.AsSpan(160, 256).Fill(0xcc);
        byte[] value = new byte[64];
        value.AsSpan().Fill(1);
        new XsaveArea(_image, XsaveLayout.Host).ReadVector(3, value);
        Assert.All(value, b => Assert.Equal(0, b));
    }

    [Fact]
    public void WriteVector_ComponentInInitialState_InitializesItAndSetsItsBit()
    {
        _image.AsSpan(160, 256).Fill(0xcc);
        byte[] value = new byte[64];
        value[0] = 9;
        XsaveArea area = new(_image, XsaveLayout.Host);
        area.WriteVector(3, value);
        Assert.Equal(2, _image[512]); // SSE only: the upper parts are zero and stay in their initial state
        Assert.Equal(9, _image[160 + 48]);
        Assert.Equal(0, _image[160]);
        byte[] read = new byte[64];
        area.ReadVector(3, read);
        Assert.Equal(value, read);
    }

    [Fact]
    public void ShortImage_HoldsOnlyXmm()
    {
        XsaveArea area = new(_image.AsSpan(0, 576), XsaveLayout.Host);
        Assert.True(area.IsValid);
        Assert.True(area.HasVector(15, 16));
        Assert.False(area.HasVector(0, 32));
        Assert.False(area.HasVector(16, 16));
        Assert.False(area.HasOpmasks);
        Assert.False(new XsaveArea([], XsaveLayout.Host).IsValid);
    }
}
