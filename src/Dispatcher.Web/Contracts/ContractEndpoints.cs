using Dispatcher.Web.Contracts.JobOrchestrator;
using Dispatcher.Web.Contracts.TalkAvocado;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Contracts;

/// <summary>The paths of the contracts that are switched on.</summary>
internal static class ContractEndpoints
{
    private static readonly Dictionary<Contract, Action<IEndpointRouteBuilder>> Adapters = new()
    {
        [Contract.Yogacoach] = static _ => { },
        [Contract.WorkflowCoordinator] = static _ => { },
        [Contract.JobOrchestrator] = OrchestratorEndpoints.MapJobOrchestrator,
        [Contract.TalkAvocado] = TalkAvocadoEndpoints.MapTalkAvocado,
        [Contract.SchedulerService] = static _ => { },
    };

    public static void MapContracts(this IEndpointRouteBuilder root, IEnumerable<Contract> contracts)
    {
        foreach (var contract in contracts) Adapters[contract](root);
    }
}
