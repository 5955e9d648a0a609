namespace Viaduct.Devices.Nvme;

/// <summary>Where in its life a controller is.</summary>
internal enum ControllerPhase : byte
{
    /// <summary>CC.EN is zero, and nothing is under way.</summary>
    Disabled,

    /// <summary>It is being disabled: work in the background comes to its end.</summary>
    Draining,

    /// <summary>CSTS.RDY.</summary>
    Ready,

    /// <summary>CSTS.CFS: nothing moves until it is disabled.</summary>
    Failed,
}
