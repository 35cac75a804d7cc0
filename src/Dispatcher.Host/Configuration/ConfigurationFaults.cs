namespace Dispatcher.Host.Configuration;

/// <summary>One thing that is wrong, and where: <c>file:line</c> or the environment variable's name.</summary>
public sealed record ConfigurationFault(string Where, string Message)
{
    public override string ToString() => $"{Where}: {Message}";
}

/// <summary>The configuration was refused. All faults are listed at once, so that one correction round is enough.</summary>
public sealed class ConfigurationFaultsException(IReadOnlyList<ConfigurationFault> faults, Exception? cause = null)
    : Exception(Render(faults), cause)
{
    public IReadOnlyList<ConfigurationFault> Faults { get; } = faults;

    private static string Render(IReadOnlyList<ConfigurationFault> faults)
    {
        var heading = faults.Count == 1
            ? "The configuration has a fault:"
            : string.Create(null, $"The configuration has {faults.Count} faults:");
        return string.Join('\n', faults.Select(fault => $"  {fault}").Prepend(heading));
    }
}
