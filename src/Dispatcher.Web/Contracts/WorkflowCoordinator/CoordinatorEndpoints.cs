using Dispatcher.Steps.Providers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>The Workflow Coordinator's API, version 3: docs/contracts/workflow-coordinator.md.</summary>
internal static class CoordinatorEndpoints
{
    public static IServiceCollection AddWorkflowCoordinator(this IServiceCollection services)
    {
        services.TryAddSingleton<ProviderSignals>();
        services.TryAddSingleton<ISceneGenerator, SceneGenerator>();
        return services.AddSingleton<VideoJobs>().AddSingleton<VideoCreator>().AddSingleton<SceneEditor>();
    }

    public static void MapWorkflowCoordinator(this IEndpointRouteBuilder root)
    {
        // Its description is the contract's own document.
        var api = root.MapGroup(VideoPaths.Root).ExcludeFromDescription().AddEndpointFilter<RouteGroupBuilder, StoreFaults>();
        api.MapVideoJobs();
        api.MapScenes();
        api.MapVideos();
        api.MapTopics();
        root.MapReplicateWebhook();
    }
}
