using static Viaduct.Devices.Nvme.NvmeRegisters;

namespace Viaduct.Devices.Nvme;

/// <content>The engine. Only the executor runs it.</content>
public sealed partial class NvmeFunction
{
    // Held while the controller runs; never together with the gate by the engine.
    private readonly Lock _bus = new();

    // The engine's copies of what the gate protects.
    private readonly DoorbellBox _rung = new();
    private Wishes _wishes;
    private bool _isMsixEnabled;

    private void Run()
    {
        if (!Listen())
        {
            return;
        }

        bool hasMore;
        lock (_bus)
        {
            Obey();
            hasMore = _controller.Turn();
        }

        Publish(hasMore);
    }

    // A reset is heard also by a function that is paused. The gate is held.
    private bool HasReset => _wantsDisable || (!_isInTurn && _controller.Phase == ControllerPhase.Draining);

    /// <summary>Copies what software wants.</summary>
    /// <returns>False where the function is paused.</returns>
    private bool Listen()
    {
        lock (Gate)
        {
            _isQueued = false;
            if (_isPaused && !HasReset)
            {
                return false;
            }

            _isInTurn = true;
            if (_wantsDisable)
            {
                _rung.Clear();
            }

            _rung.TakeFrom(_doorbells);
            _isMsixEnabled = Msix!.IsEnabled;
            _wishes = new Wishes(
                _wantsDisable, _isResuming, (uint)_configuration.Value, (uint)_adminAttributes.Value, _adminSubmissions.Value, _adminCompletions.Value);
            _wantsDisable = false;
            _isResuming = false;
            _controller.StopRequested = false;
            return true;
        }
    }

    private void Obey()
    {
        if (_wishes.Disable)
        {
            _controller.Disable();
        }
        else if (_wishes.Resume)
        {
            _controller.Resume();
        }

        // A reset that came since is heard in the next turn: nothing of the old life begins now.
        if (_controller.StopRequested)
        {
            return;
        }

        if (_controller.Phase != ControllerPhase.Ready)
        {
            _rung.Clear();
        }

        if (_controller.Phase == ControllerPhase.Disabled && (_wishes.Configuration & Enable) != 0)
        {
            _controller.Enable(_wishes.Configuration, _wishes.AdminAttributes, _wishes.AdminSubmissions, _wishes.AdminCompletions);
        }

        if (_controller.Phase == ControllerPhase.Ready)
        {
            if ((_wishes.Configuration & ShutdownNotification) != 0)
            {
                _controller.BeginShutdown();
            }

            _controller.Ring(_rung);
        }
    }

    /// <summary>Shows software what has become of it.</summary>
    private void Publish(bool hasMore)
    {
        lock (Gate)
        {
            _isInTurn = false;
            if (_wantsDisable)
            {
                // What is known is of a life that has ended.
                Kick();
                return;
            }

            PublishStatus();
            PublishInterrupts();
            if (hasMore)
            {
                Kick();
            }
        }
    }

    private void PublishStatus()
    {
        var phase = _controller.Phase;
        if (phase == ControllerPhase.Disabled && (_isAlive || _wasReset))
        {
            EndOfLife();
        }

        _isAlive = phase != ControllerPhase.Disabled;

        if (_controller.IsShutDown)
        {
            _shutdownStatus = ShutdownComplete;
        }

        var isReady = phase == ControllerPhase.Ready || (phase == ControllerPhase.Draining && !_wasReset);
        _status.Value = _shutdownStatus | (isReady ? Ready : 0) | (phase == ControllerPhase.Failed ? FatalStatus : 0);
        if (phase == ControllerPhase.Disabled && (_configuration.Value & Enable) != 0)
        {
            // It was enabled again while it came to its end.
            Kick();
        }
    }

    /// <summary>A controller level reset is complete: registers but those of the admin queue have their first values (3.7.2).</summary>
    private void EndOfLife()
    {
        _wasReset = false;
        ForgetInterrupts();
        if ((_configuration.Value & Enable) == 0)
        {
            var isAfterShutdown = (_configuration.Value & ShutdownNotification) != 0;
            _shutdownStatus = isAfterShutdown ? _shutdownStatus : 0;
            _configuration.Value = 0;
        }
    }

    /// <summary>What registers said when the engine last looked.</summary>
    private readonly record struct Wishes(
        bool Disable, bool Resume, uint Configuration, uint AdminAttributes, ulong AdminSubmissions, ulong AdminCompletions);
}
