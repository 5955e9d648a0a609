using System.Runtime.InteropServices;
using System.Text;
using Viaduct.Vfio.Devices;

namespace Viaduct.Vfio.Tests.Devices;

public sealed class VfTokenTests
{
    [Theory]
    [InlineData("52ac9bff-3a88-4fbd-901a-0d767c3b6c97")]
    [InlineData("52AC9BFF-3A88-4FBD-901A-0D767C3B6C97 and more")]
    public void Text_GivesTheBytesInItsOrder(string text)
    {
        Assert.True(VfToken.TryParse(Encoding.ASCII.GetBytes(text), out var token));
        Assert.Equal("52ac9bff3a884fbd901a0d767c3b6c97", Convert.ToHexStringLower(MemoryMarshal.AsBytes([token])));
    }

    [Theory]
    [InlineData("")]
    [InlineData("52ac9bff")]
    [InlineData("52ac9bff-3a88-4fbd-901a-0d767c3b6c9")]
    [InlineData("52ac9bff-3a88-4fbd-901a-0d767c3b6c9g")]
    [InlineData("52ac9bff03a88-4fbd-901a-0d767c3b6c97")]
    [InlineData("52ac9bff-3a8--4fbd-901a-0d767c3b6c97")]
    public void OtherText_IsNone(string text) => Assert.False(VfToken.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Fact]
    public void ANewOne_IsNoOther() => Assert.NotEqual(VfToken.Create(), VfToken.Create());
}
