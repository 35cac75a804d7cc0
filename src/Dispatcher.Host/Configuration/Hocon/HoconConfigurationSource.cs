using Microsoft.Extensions.Configuration;

namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>A HOCON file as a source of configuration.</summary>
public sealed class HoconConfigurationSource(string path, bool isOptional) : IConfigurationSource
{
    public string Path { get; } = path;

    /// <summary>A missing file is then an empty one.</summary>
    public bool IsOptional { get; } = isOptional;

    public IConfigurationProvider Build(IConfigurationBuilder builder) => new HoconConfigurationProvider(this);
}

public static class HoconConfigurationExtensions
{
    /// <summary>Adds a HOCON file. Its faults come as <see cref="HoconException"/> when the configuration is built.</summary>
    public static IConfigurationBuilder AddHoconFile(this IConfigurationBuilder builder, string path, bool optional = false) =>
        builder.Add(new HoconConfigurationSource(path, optional));
}
