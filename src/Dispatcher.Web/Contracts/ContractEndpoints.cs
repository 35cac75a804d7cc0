using Dispatcher.Web.Contracts.JobOrchestrator;
using Dispatcher.Web.Contracts.SchedulerService;
using Dispatcher.Web.Contracts.TalkAvocado;
using Dispatcher.Web.Contracts.WorkflowCoordinator;
using Dispatcher.Web.Contracts.Yogacoach;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Contracts;

/// <summary>The paths of the contracts that are switched on.</summary>
internal static class ContractEndpoints
{
    private static readonly Dictionary<Contract, Action<IEndpointRouteBuilder>> Adapters = new()
    {
        [Contract.Yogacoach] = static root => root.MapYogacoach(),
        [Contract.WorkflowCoordinator] = static root => root.MapWorkflowCoordinator(),
        [Contract.JobOrchestrator] = static root => root.MapJobOrchestrator(),
        [Contract.TalkAvocado] = static root => root.MapTalkAvocado(),
        [Contract.SchedulerService] = static root => root.MapSchedulerService(),
    };

    public static void MapContracts(this IEndpointRouteBuilder root, IEnumerable<Contract> contracts)
    {
        foreach (var contract in contracts) Adapters[contract](root);
    }
}
