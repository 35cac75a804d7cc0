using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dispatcher.Web.Contracts.JobOrchestrator;

/// <summary>The JobOrchestrator in an application.</summary>
public static class OrchestratorServices
{
    /// <summary>
    /// Adds the functions of a workflow, so that this process can run its steps: also those of workflows that another process has made, or this one before it ended. Do so at
    /// every node of a cluster.
    /// </summary>
    /// <exception cref="WorkflowValidationException">The spec is wrong.</exception>
    public static IServiceCollection AddOrchestratedWorkflow(this IServiceCollection services, WorkflowSpec spec)
    {
        spec.Validate();
        foreach (var handler in OrchestratedDefinition.Handlers(spec)) services.AddStepHandler(handler);
        return services;
    }

    internal static IServiceCollection AddJobOrchestrator(this IServiceCollection services)
    {
        services.AddSingleton<WorkflowNumbers>();
        services.TryAddSingleton<IJobOrchestrator, Orchestrator>();
        return services;
    }
}
