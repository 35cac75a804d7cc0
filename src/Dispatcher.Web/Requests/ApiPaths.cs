using Dispatcher.Jobs;

namespace Dispatcher.Web.Requests;

/// <summary>Where things are, for links and <c>Location</c>.</summary>
internal static class ApiPaths
{
    public const string Root = "/api/v1";

    public static string Job(JobId id) => $"{Root}/jobs/{id}";

    public static string Artifact(JobId id, string path) => $"{Job(id)}/artifacts/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}";

    public static string Workflow(string name, int version) => $"{Root}/workflows/{name}/versions/{version.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
}
