using Viaduct.Abi;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.Driver.Tests.VfioUser;

/// <summary>A server that breaks the protocol: the driver hears it at once, and never waits for ever.</summary>
public sealed class HostileServerTests
{
    private static readonly VfioUserOptions s_impatient = new() { Timeout = TimeSpan.FromMilliseconds(200) };

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void Version_Other_IsRefused(ushort major, ushort minor)
    {
        using var server = new ScriptedServer { Version = (major, minor) };
        var seen = Assert.Throws<VfioException>(() => server.Open());
        Assert.Equal("VFIO_USER_VERSION", seen.Call);
        Assert.Contains($"speaks {major}.{minor}", seen.Why);
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("""{"capabilities":{"max_data_xfer_size":"much"}}""")]
    [InlineData("""{"capabilities":{"max_data_xfer_size":1}}""")]
    [InlineData("""{"capabilities":{"max_data_xfer_size":-1}}""")]
    [InlineData("""{"capabilities":{"max_msg_fds":-1}}""")]
    [InlineData("""{"capabilities":{"max_dma_maps":0}}""")]
    [InlineData("""{"capabilities":{"pgsizes":0}}""")]
    [InlineData("""{"capabilities":{"twin_socket":{"supported":true,"fd_index":0}}}""")]
    public void Version_WhatMakesNoSense_IsRefused(string json)
    {
        using var server = new ScriptedServer { Json = json };
        Assert.Equal(Errno.EPROTO, Assert.Throws<VfioException>(() => server.Open()).Errno);
    }

    [Theory]
    [InlineData(VfioUserCommand.VFIO_USER_VERSION)]
    [InlineData(VfioUserCommand.VFIO_USER_DEVICE_GET_REGION_INFO)]
    public void NoAnswer_EndsTheWait(VfioUserCommand silent)
    {
        using var server = new ScriptedServer { Instead = (_, header, _) => header.Command == silent };
        var seen = Assert.Throws<VfioException>(() => server.Open(s_impatient));
        Assert.Equal(Errno.ETIMEDOUT, seen.Errno);
        Assert.Equal($"{silent}", seen.Call);
        Assert.Contains("did not answer", seen.Why);
    }

    [Fact]
    public void AfterNoAnswer_EverythingFailsAtOnce()
    {
        using var server = new ScriptedServer { Instead = static (_, header, _) => header.Command == VfioUserCommand.VFIO_USER_REGION_READ };
        using var device = server.Open(s_impatient);
        Assert.Equal(Errno.ETIMEDOUT, Assert.Throws<VfioException>(() => device.Config.VendorId).Errno);
        Assert.Equal(Errno.ENOTCONN, Assert.Throws<VfioException>(() => device.Config.VendorId).Errno);
        Assert.Equal(Errno.ENOTCONN, Assert.Throws<VfioException>(() => device.AllocateDma(4096)).Errno);
    }

    [Fact]
    public void Hangup_WhileADriverWaits_IsECONNRESET()
    {
        using var server = new ScriptedServer
        {
            Instead = static (s, header, _) =>
            {
                if (header.Command == VfioUserCommand.VFIO_USER_REGION_READ)
                {
                    s.Hangup();
                    return true;
                }

                return false;
            },
        };
        using var device = server.Open();
        var seen = Assert.Throws<VfioException>(() => device.Config.VendorId);
        Assert.Contains(seen.Errno, new[] { Errno.ECONNRESET, Errno.ENOTCONN });
        Assert.Contains("closed the connection", seen.Why);
    }

    [Fact]
    public void Reply_ToNothing_EndsTheConnection() =>
        Break((s, header) => s.Reply(header with { MessageId = (ushort)(header.MessageId + 1) }, []), "does not wait for one");

    [Fact]
    public void Reply_OfAnotherCommand_EndsTheConnection() => Break(
        (s, header) => s.Reply(header with { Command = VfioUserCommand.VFIO_USER_DEVICE_RESET }, []), "VFIO_USER_DEVICE_RESET");

    [Fact]
    public void Message_OfNoKind_EndsTheConnection() => Break(
        static (s, header) => s.Send(new VfioUserHeader { Command = header.Command, Flags = (VfioUserFlags)5 }, []),
        "neither command nor reply");

    [Fact]
    public void Message_TooLong_EndsTheConnection() => Break(
        static (s, header) => s.Send(
            new VfioUserHeader { Command = header.Command, Flags = VfioUserFlags.Reply }, new byte[3 << 20]),
        "as one message");

    [Theory]
    [InlineData(0u, Errno.EIO)]
    [InlineData(5000u, Errno.EIO)]
    [InlineData((uint)Errno.EINVAL, Errno.EINVAL)]
    public void Error_OfAnyNumber_IsAnErrno(uint sent, Errno expected)
    {
        using var server = new ScriptedServer
        {
            Instead = (s, header, _) =>
            {
                if (header.Command != VfioUserCommand.VFIO_USER_REGION_READ)
                {
                    return false;
                }

                s.Refuse(header, sent);
                return true;
            },
        };
        using var device = server.Open();
        var seen = Assert.Throws<VfioException>(() => device.Config.VendorId);
        Assert.Equal(expected, seen.Errno);
        Assert.Equal("VFIO_USER_REGION_READ", seen.Call);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    [InlineData(19)]
    public void RegionRead_OfAnotherLength_IsEPROTO(int length)
    {
        using var server = new ScriptedServer
        {
            Instead = (s, header, _) =>
            {
                if (header.Command != VfioUserCommand.VFIO_USER_REGION_READ)
                {
                    return false;
                }

                s.Reply(header, new byte[length]);
                return true;
            },
        };
        using var device = server.Open();
        Assert.Equal(Errno.EPROTO, Assert.Throws<VfioException>(() => device.Config.VendorId).Errno);
    }

    [Fact]
    public void Replies_AtRandom_NeverHangTheDriver()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            using var server = new ScriptedServer
            {
                Instead = (s, header, _) =>
                {
                    if (random.Next(4) != 0)
                    {
                        return false;
                    }

                    var payload = new byte[random.Next(100)];
                    random.NextBytes(payload);
                    s.Reply(header, payload);
                    return true;
                },
            };
            try
            {
                using var device = server.Open(s_impatient);
                device.AllocateDma(4096).Dispose();
                _ = device.MapBar(0).Read32(0);
                device.EnableInterrupts(InterruptKind.Msix, 3).Dispose();
                device.Reset();
            }
            catch (VfioException)
            {
                // Said, not waited for.
            }
            catch (ArgumentException)
            {
                // A space so small that the driver asked for what is not in it.
            }
        }
    }

    private static void Break(Action<ScriptedServer, VfioUserHeader> how, string why)
    {
        using var server = new ScriptedServer
        {
            Instead = (s, header, _) =>
            {
                if (header.Command != VfioUserCommand.VFIO_USER_REGION_READ)
                {
                    return false;
                }

                how(s, header);
                return true;
            },
        };
        using var device = server.Open();
        var seen = Assert.Throws<VfioException>(() => device.Config.VendorId);
        Assert.Contains(why, seen.Why);
        Assert.Equal(Errno.ENOTCONN, Assert.Throws<VfioException>(() => device.Config.VendorId).Errno);
    }
}
