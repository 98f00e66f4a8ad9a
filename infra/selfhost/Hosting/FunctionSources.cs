using System.Reflection;
using Microsoft.Azure.Functions.Worker.Builder;

namespace Atp.SelfHost.Hosting
{
    /// <summary>The types whose methods may be functions: those of the entry assembly unless others are named.</summary>
    public sealed class FunctionSources
    {
        private readonly List<Type> types = [];

        public IReadOnlyList<Type> Types => types.Count > 0 ? types : Assembly.GetEntryAssembly()?.GetTypes() ?? [];

        internal void Add(IEnumerable<Type> more) => types.AddRange(more);
    }
}

namespace Atp.SelfHost
{
    /// <summary>What the genuine builder doesn't have: for processes whose entry assembly isn't the functions app.</summary>
    public static class FunctionSourceExtensions
    {
        public static FunctionsApplicationBuilder UseFunctionsFrom(this FunctionsApplicationBuilder builder, Assembly assembly)
        {
            builder.Sources.Add(assembly.GetTypes());
            return builder;
        }

        public static FunctionsApplicationBuilder UseFunctions(this FunctionsApplicationBuilder builder, params Type[] types)
        {
            builder.Sources.Add(types);
            return builder;
        }
    }
}
