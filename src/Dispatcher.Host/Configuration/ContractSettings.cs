using System.Text.Json;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Contracts.TalkAvocado;

namespace Dispatcher.Host.Configuration;

/// <summary><c>dispatcher.contracts</c>, and what a contract has beside its switch.</summary>
internal static class ContractSettings
{
    public static IReadOnlyList<Contract> From(CheckedSettings settings) =>
        [.. Enum.GetValues<Contract>().Where(contract => settings.Boolean($"dispatcher.contracts.{JsonNamingPolicy.KebabCaseLower.ConvertName(contract.ToString())}"))];

    public static TalkAvocadoOptions TalkAvocado(CheckedSettings settings) => new()
    {
        StartOnCreate = settings.Boolean("dispatcher.talk-avocado.start-on-create"),
        Workflow = settings.Text("dispatcher.talk-avocado.workflow"),
    };
}
