namespace Viaduct.Devices.Nvme;

/// <summary>What the engine needs of the function around it.</summary>
internal interface IControllerHost
{
    /// <summary>Somebody hears of drivers' mistakes.</summary>
    bool HearsMistakes { get; }

    /// <summary>MSI-X was enabled when the engine last looked.</summary>
    bool IsMsixEnabled { get; }

    /// <summary>Has the engine run. Any thread.</summary>
    void Kick();

    /// <summary>Names a driver's mistake.</summary>
    void Mistake(string mistake);
}
