const path = require('path');
const { merge } = require('webpack-merge');

const stage = process.env.STAGE || 'dev';
if (!['dev', 'staging', 'prod'].includes(stage)) {
  throw new Error(`STAGE=${stage} is not known`);
}

const common = {
  entry: './src/index.js',
  output: { path: path.resolve(__dirname, 'dist'), filename: '[name].[contenthash].js', clean: true },
  module: { rules: [{ test: /\.css$/, use: ['style-loader', 'css-loader'] }] },
};

module.exports = merge(common, require(`./webpack.${stage}.js`));
