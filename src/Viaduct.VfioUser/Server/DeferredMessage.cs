using Microsoft.Win32.SafeHandles;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.VfioUser.Server;

/// <summary>A command that came while another one waited for a transfer to end; it is served after that one.</summary>
/// <param name="Header">Its header.</param>
/// <param name="Payload">A copy of what is behind it.</param>
/// <param name="Descriptors">Its descriptors.</param>
internal sealed record DeferredMessage(VfioUserHeader Header, byte[] Payload, List<SafeFileHandle> Descriptors);
