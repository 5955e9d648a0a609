using Microsoft.Win32.SafeHandles;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.Driver;

/// <summary>A message that waits for its reply. Used again and again; its own lock guards it.</summary>
internal sealed class PendingReply
{
    private byte[] _payload = new byte[256];
    private bool _isDone;
    private bool _isLost;

    internal ushort Id { get; set; }

    /// <summary>The command; its reply must have the same.</summary>
    internal VfioUserCommand Command { get; private set; }

    /// <summary>The reply's header.</summary>
    internal VfioUserHeader Header { get; private set; }

    /// <summary>How long the reply's payload is.</summary>
    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Payload => _payload.AsSpan(0, Length);

    /// <summary>The reply's descriptors; owned by whoever waits.</summary>
    internal List<SafeFileHandle> Descriptors { get; } = [];

    internal void Begin(VfioUserCommand command)
    {
        Command = command;
        Length = 0;
        (_isDone, _isLost) = (false, false);
        DropDescriptors();
    }

    /// <summary>The reply is there.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="payload">Copied.</param>
    /// <param name="descriptors">Taken out.</param>
    internal void Complete(in VfioUserHeader header, ReadOnlySpan<byte> payload, List<SafeFileHandle> descriptors)
    {
        lock (this)
        {
            if (_payload.Length < payload.Length)
            {
                _payload = new byte[payload.Length];
            }

            payload.CopyTo(_payload);
            (Header, Length) = (header, payload.Length);
            Descriptors.AddRange(descriptors);
            descriptors.Clear();
            _isDone = true;
            Monitor.Pulse(this);
        }
    }

    /// <summary>The reply will not come.</summary>
    internal void Lose()
    {
        lock (this)
        {
            (_isDone, _isLost) = (true, true);
            Monitor.Pulse(this);
        }
    }

    /// <summary>Waits.</summary>
    /// <param name="timeout">How long.</param>
    /// <param name="isLost">The connection ended before.</param>
    /// <returns>False when the time is over.</returns>
    internal bool Wait(TimeSpan timeout, out bool isLost)
    {
        var deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        lock (this)
        {
            while (!_isDone)
            {
                var left = deadline - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(this, (int)Math.Min(left, int.MaxValue)))
                {
                    break;
                }
            }

            isLost = _isLost;
            return _isDone;
        }
    }

    internal void DropDescriptors()
    {
        Descriptors.ForEach(static descriptor => descriptor.Dispose());
        Descriptors.Clear();
    }
}
