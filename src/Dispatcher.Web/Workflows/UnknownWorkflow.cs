using Dispatcher.Jobs;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Problems;

namespace Dispatcher.Web.Workflows;

/// <summary>The answer for a workflow or version that the tenant does not have, with the nearest name that it has.</summary>
internal static class UnknownWorkflow
{
    public static async ValueTask<Refusal> Refuse(DispatcherEngine engine, string tenant, string name, int? version)
    {
        var shown = Excerpt.Of(name);
        if (version is { } number && await engine.Node.Workflows.FindReference(tenant, name, null) is { } newest)
            return Refusal.NotFound($"There is no version {number} of the workflow '{shown}'; its newest is {newest.Version}.", "unknown-workflow");
        var suggestion = await engine.Node.Workflows.Suggest(tenant, name);
        return Refusal.NotFound($"There is no workflow '{shown}'{suggestion}; register it first.", "unknown-workflow");
    }
}
