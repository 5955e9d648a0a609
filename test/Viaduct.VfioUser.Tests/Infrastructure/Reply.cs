using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.VfioUser.Tests.Infrastructure;

/// <summary>A message as it came.</summary>
internal sealed record Reply(VfioUserHeader Header, byte[] Payload, IReadOnlyList<SafeFileHandle> Descriptors)
{
    public Errno Error => Header.IsError ? (Errno)Header.Error : Errno.None;

    public T As<T>(int offset = 0)
        where T : unmanaged => StructBytes.Read<T>(Payload.AsSpan(offset));
}
