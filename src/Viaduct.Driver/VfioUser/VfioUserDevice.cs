using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux.Sockets;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.Driver;

/// <summary>Opens devices behind vfio-user sockets: SPDK's, libvfio-user's, <c>viaduct serve</c>'s. The driver is the
/// virtual machine monitor there.</summary>
public static class VfioUserDevice
{
    /// <summary>Connects to a server. The device is as its last client left it; see
    /// <see cref="PciDevice.Reset"/>.</summary>
    /// <param name="path">The socket, at most 107 bytes.</param>
    /// <param name="options">Null for the usual.</param>
    /// <exception cref="VfioException">Nobody listens there, the server speaks another version, or does not answer.</exception>
    public static PciDevice Open(string path, VfioUserOptions? options = null)
    {
        var result = UnixSocket.Connect(path, out var socket);
        return socket is null
            ? throw VfioUserErrors.CannotConnect(result.Errno, path)
            : Open(socket, $"unix:{path}", options ?? new VfioUserOptions());
    }

    /// <summary>Speaks over a connection that is there.</summary>
    internal static PciDevice Open(UnixSocket socket, string name, VfioUserOptions options)
    {
        var connection = new VfioUserConnection(name, socket, options.Timeout, new DmaTable());
        VfioUserLimits limits;
        try
        {
            limits = Negotiate(connection, options);
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        return new PciDevice(new VfioUserBackend(connection, limits, options));
    }

    private static VfioUserLimits Negotiate(VfioUserConnection connection, VfioUserOptions options)
    {
        const int LongestText = 4096;
        var ours = new VfioUserCapabilities
        {
            MaxDescriptors = VfioUserLimits.OurDescriptors,
            MaxDataTransfer = VfioUserLimits.OurDataTransfer,
            MaxDmaMaps = VfioUserCapabilities.DefaultDmaMaps,
            PageSizes = VfioUserCapabilities.DefaultPageSizes,
            HasTwinSocket = options.AllowTwinSocket,
        };
        Span<byte> version = stackalloc byte[VfioUserVersion.StructSize];
        StructBytes.Write(
            version, new VfioUserVersion { Major = VfioUserVersion.OurMajor, Minor = VfioUserVersion.OurMinor });
        var reply = new byte[VfioUserVersion.StructSize + LongestText];
        List<SafeFileHandle> files = [];
        try
        {
            var result = connection.Ask(VfioUserCommand.VFIO_USER_VERSION, version, ours.ToJson(), reply, files);
            if (result.IsError)
            {
                throw VfioUserErrors.CannotAgree(result.Errno, connection.Name, "the server refused our version and capabilities");
            }

            return Agree(connection, reply.AsSpan(0, (int)Math.Min(result.Raw, reply.Length)), files, options);
        }
        finally
        {
            files.ForEach(static file => file.Dispose());
        }
    }

    private static VfioUserLimits Agree(
        VfioUserConnection connection, ReadOnlySpan<byte> reply, List<SafeFileHandle> files, VfioUserOptions options)
    {
        if (reply.Length < VfioUserVersion.StructSize
            || !VfioUserCapabilities.TryParse(reply[VfioUserVersion.StructSize..], out var theirs))
        {
            throw VfioUserErrors.CannotAgree(Errno.EPROTO, connection.Name, "the server's answer is no version with JSON");
        }

        var version = StructBytes.Read<VfioUserVersion>(reply);
        if (version.Major != VfioUserVersion.OurMajor || version.Minor > VfioUserVersion.OurMinor)
        {
            throw VfioUserErrors.CannotAgree(
                Errno.EPROTO,
                connection.Name,
                $"the server speaks {version.Major}.{version.Minor}, we {VfioUserVersion.OurMajor}.{VfioUserVersion.OurMinor}");
        }

        var limits = VfioUserLimits.From(theirs)
            ?? throw VfioUserErrors.CannotAgree(Errno.EPROTO, connection.Name, "the server's limits make no sense");
        if (theirs.HasTwinSocket && options.AllowTwinSocket)
        {
            var index = theirs.TwinSocketIndex ?? 0;
            connection.AddTwin(TakeSocket(files, index)
                ?? throw VfioUserErrors.CannotAgree(
                    Errno.EPROTO, connection.Name, $"the server's second socket is descriptor {index}, which is none"));
        }

        return limits;
    }

    private static UnixSocket? TakeSocket(List<SafeFileHandle> files, int index)
    {
        if ((uint)index >= (uint)files.Count
            || UnixSocket.FromDescriptor((int)files[index].DangerousGetHandle(), out var socket).IsError)
        {
            return null;
        }

        // It has the descriptor now.
        files[index].SetHandleAsInvalid();
        return socket;
    }
}
