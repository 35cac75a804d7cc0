using System.Globalization;

namespace Dispatcher.Process.Tests.Cluster;

/// <summary>How a node of a cluster is started.</summary>
/// <param name="Directory">Of all nodes: each has a folder of its own in it.</param>
/// <param name="Margin">How much earlier it stops to trust itself than the others do.</param>
/// <param name="Provider">Where the provider listens; null without one.</param>
internal sealed record ClusterNodeSettings(string Connection, string Directory, string Name, Uri Address, TimeSpan Margin, Uri? Provider)
{
    public string[] ToArguments() =>
        [Connection, Directory, Name, Address.GetLeftPart(UriPartial.Authority), ((int)Margin.TotalMilliseconds).ToString(CultureInfo.InvariantCulture), .. Provider is null ? (string[])[] : [Provider.ToString()]];

    /// <exception cref="ArgumentException">These are not its arguments.</exception>
    public static ClusterNodeSettings Parse(string[] arguments) => arguments is [var connection, var directory, var name, var address, var marginMs, .. var provider] && provider.Length < 2
        ? new(connection, directory, name, new Uri(address), TimeSpan.FromMilliseconds(int.Parse(marginMs, CultureInfo.InvariantCulture)), provider is [var url] ? new Uri(url) : null)
        : throw new ArgumentException("A node takes CONNECTION DIRECTORY NAME ADDRESS MARGIN-MS [PROVIDER].", nameof(arguments));
}
