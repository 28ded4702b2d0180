import { defineConfig } from 'vite';
import react from '@vitejs/plugin-react';

// Assets live under /app/; the hub serves index.html at /. Routes are in location.hash, so no other path is needed.
export default defineConfig({
  plugins: [react()],
  base: '/app/',
  build: {
    outDir: '../CityEdge.Hub/wwwroot/app',
    emptyOutDir: true,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Order of weight: what the first paint needs, what only a chart needs, the rest.
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler|@tanstack)[\\/]/, priority: 3 },
            { name: 'echarts', test: /node_modules[\\/](echarts|zrender|tslib)[\\/]/, priority: 2 },
            { name: 'antd', test: /node_modules[\\/]/, priority: 1 },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
});
